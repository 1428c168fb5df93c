<?php
// Makes the database of a sabre/dav server, with the columns that the PDO backends of version 1.8 use, and a user for
// each line of the input: name, tab, password.
$db = new PDO('sqlite:' . $argv[1]);
$db->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
$db->exec('PRAGMA journal_mode = WAL'); // readers do not wait for a writer
$db->beginTransaction();
foreach ([
    'users (id INTEGER PRIMARY KEY, username TEXT UNIQUE, digesta1 TEXT)',
    'principals (id INTEGER PRIMARY KEY, uri TEXT UNIQUE, email TEXT, displayname TEXT, vcardurl TEXT)',
    'groupmembers (id INTEGER PRIMARY KEY, principal_id INTEGER, member_id INTEGER)',
    'calendars (id INTEGER PRIMARY KEY, principaluri TEXT, displayname TEXT, uri TEXT, ctag INTEGER, description TEXT,
        calendarorder INTEGER, calendarcolor TEXT, timezone TEXT, components TEXT, transparent INTEGER)',
    'calendarobjects (id INTEGER PRIMARY KEY, calendardata BLOB, uri TEXT, calendarid INTEGER, lastmodified INTEGER,
        etag TEXT, size INTEGER, componenttype TEXT, firstoccurence INTEGER, lastoccurence INTEGER)',
    'addressbooks (id INTEGER PRIMARY KEY, principaluri TEXT, displayname TEXT, uri TEXT, description TEXT, ctag INTEGER)',
    'cards (id INTEGER PRIMARY KEY, addressbookid INTEGER, carddata BLOB, uri TEXT, lastmodified INTEGER)',
] as $table) {
    $db->exec("CREATE TABLE $table");
}
$user = $db->prepare('INSERT INTO users (username, digesta1) VALUES (?, ?)');
$principal = $db->prepare('INSERT INTO principals (uri, email, displayname) VALUES (?, ?, ?)');
$calendar = $db->prepare("INSERT INTO calendars (principaluri, displayname, uri, ctag, components, transparent)
    VALUES (?, 'Default calendar', 'default', 1, 'VEVENT,VTODO', 0)");
$book = $db->prepare("INSERT INTO addressbooks (principaluri, displayname, uri, ctag) VALUES (?, 'Default address book', 'default', 1)");
while (($line = fgets(STDIN)) !== false) {
    [$name, $password] = explode("\t", rtrim($line, "\n"));
    $user->execute([$name, md5("$name:lab:$password")]);
    $principal->execute(["principals/$name", "$name@example.test", $name]);
    $calendar->execute(["principals/$name"]);
    $book->execute(["principals/$name"]);
}
$db->commit();
