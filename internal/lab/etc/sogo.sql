-- Makes the table in which SOGo looks up its users, out of the table lab (name, password).
CREATE TABLE lab_users AS
    SELECT name AS c_uid, name AS c_name, password AS c_password, initcap(name) AS c_cn, name || '@example.test' AS mail
    FROM lab;
GRANT SELECT ON lab_users TO sogo;
