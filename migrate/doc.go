// Package migrate is the engine: every decision is made here, sources and sinks only do as they are told.
//
// A run goes through the accounts of a file, several at once. For each account it opens the source and the destination,
// and goes through the collections one after the other: list the collection, find or make its counterpart and list that,
// settle what the journal and both listings agree about, fetch the rest, decide for each object what becomes of it, write,
// and list the destination again to see that what was written is there. Every object that the source lists ends in
// exactly one Outcome; the sums are checked before a run says what it did.
//
// A second run of the same command finds in the journal and in the listings what is done, writes that not again, and does
// the rest. What is about to be put is in the journal before, so that the run after one that was killed knows what that has
// put. Without a journal it reads what the destination holds under the names it would give, and compares in meaning.
//
// Failures have a scope. An object's error is its outcome; a collection's is a problem in the report, and the next
// collection follows; an account's likewise. Only the end of the context, and a journal or an archive that cannot be
// written, end a run.
package migrate
