package main

import (
	"github.com/spf13/cobra"

	"davferry/migrate"
)

// addAccess declares the flags about how all rows of a side log in.
func addAccess(cmd *cobra.Command, side string, a *migrate.Access) {
	fs := cmd.Flags()
	fs.StringVar(&a.Login, side+"-login", "", "log in as `TEMPLATE`, such as {user}%admin, not as the user")
	fs.StringVar(&a.Principal, side+"-principal", "", "`TEMPLATE` of the path of the user's principal")
	fs.StringVar(&a.PasswordEnv, side+"-password-env", "", "`VARIABLE` with the password of rows that give none")
	fs.StringVar(&a.PasswordFile, side+"-password-file", "", "`FILE` with it")
	fs.StringVar(&a.PasswordCommand, side+"-password-command", "", "`COMMAND` that prints it")
	fs.StringVar(&a.Auth, side+"-auth", "", "`METHOD` of rows that name none (default basic)")
}

const accessHelp = `Where an administrator may act for the users, no passwords of theirs are needed: --...-login is the
name to log in with, made of the row's user ({user}, or {local} and {domain}, before and behind its
last @), and --...-principal the path of the user's principal, where the server's answer would be
the administrator's own. Nothing is read and nothing written where the server does not say that it
is that user's. Password commands find the user in DAVFERRY_USER if they name it; such a command
runs once for each user, any other once for all rows.
`
