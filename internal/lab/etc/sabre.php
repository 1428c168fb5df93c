<?php
// A server for calendars and contacts out of the parts of sabre/dav 1.8, as Debian's php-sabre-dav has them.
date_default_timezone_set('UTC');

// What the server says and PHP 8 no longer likes must not get into its answers; anything worse is an error 500.
error_reporting(E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED);
set_error_handler(function ($level, $message, $file, $line) {
    if (error_reporting() & $level) {
        throw new ErrorException($message, 0, $level, $file, $line);
    }
    return true;
});

require 'Sabre/autoload.php';

// Basic authentication: the passwords are kept as sabre/dav keeps them for Digest.
class Login extends Sabre\DAV\Auth\Backend\AbstractBasic
{
    public function __construct(private PDO $db)
    {
    }

    protected function validateUserPass($username, $password)
    {
        $query = $this->db->prepare('SELECT 1 FROM users WHERE username = ? AND digesta1 = ?');
        $query->execute([$username, md5("$username:lab:$password")]);
        return (bool) $query->fetchColumn();
    }
}

$db = new PDO('sqlite:' . getenv('SABRE_DATABASE'));
$db->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
$db->exec('PRAGMA busy_timeout = 60000');
$db->exec('PRAGMA synchronous = OFF');

$principals = new Sabre\DAVACL\PrincipalBackend\PDO($db);
$server = new Sabre\DAV\Server([
    new Sabre\CalDAV\Principal\Collection($principals),
    new Sabre\CalDAV\CalendarRootNode($principals, new Sabre\CalDAV\Backend\PDO($db)),
    new Sabre\CardDAV\AddressBookRoot($principals, new Sabre\CardDAV\Backend\PDO($db)),
]);
$server->setBaseUri('/');
foreach ([
    new Sabre\DAV\Auth\Plugin(new Login($db), 'lab'),
    new Sabre\DAVACL\Plugin(),
    new Sabre\CalDAV\Plugin(),
    new Sabre\CardDAV\Plugin(),
] as $plugin) {
    $server->addPlugin($plugin);
}
$server->exec();
