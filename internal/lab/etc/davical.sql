-- Makes a user with a calendar and an address book for each row of the table lab (name, password), as the
-- administrator's pages of DAViCal make one.
INSERT INTO usr (active, email_ok, joined, updated, username, password, fullname, email)
    SELECT TRUE, current_date, current_date, current_date, name, '**' || password, initcap(name), name || '@example.test'
    FROM lab;
-- Without schedule-deliver nobody's invitations would be delivered to him.
INSERT INTO principal (type_id, user_no, displayname, default_privileges)
    SELECT 1, user_no, fullname,
        privilege_to_bits(ARRAY['caldav:read-free-busy', 'caldav:schedule-query-freebusy', 'caldav:schedule-deliver'])
    FROM usr JOIN lab ON username = name;
INSERT INTO collection (user_no, parent_container, dav_name, dav_etag, dav_displayname, is_calendar, is_addressbook,
        created, modified, resourcetypes)
    SELECT user_no, '/' || name || '/', '/' || name || '/' || path || '/', '-1', initcap(name) || ' ' || path,
        type LIKE '%calendar%', type LIKE '%addressbook%', now(), now(), '<DAV::collection/>' || type
    FROM usr JOIN lab ON username = name, (VALUES
        ('calendar', '<urn:ietf:params:xml:ns:caldav:calendar/>'),
        ('addresses', '<urn:ietf:params:xml:ns:carddav:addressbook/>')) AS given (path, type);
