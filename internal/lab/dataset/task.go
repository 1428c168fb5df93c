package dataset

import "time"

// taskShapes are what the tasks of a list look like, in turn.
var taskShapes = []func(*draft){dueTask, openTask, subtask, doneTask, recurringTask, datedTask}

// task makes one member of a task list.
func task(d *draft) {
	taskShapes[d.number%len(taskShapes)](d)
	d.has("task")
}

func dueTask(d *draft) {
	c, due := d.anyZone(), d.hour()
	d.begin("VTODO")
	d.add(d.time("DTSTART", c, due.Add(-48*time.Hour)), d.time("DUE", c, due))
	d.addf("PERCENT-COMPLETE:%d", 5*d.IntN(20))
	d.add("STATUS:IN-PROCESS")
	d.addf("PRIORITY:%d", d.IntN(10))
	d.alarm("-PT15M")
	d.add("END:VTODO")
	d.has("due")
}

func openTask(d *draft) {
	d.begin("VTODO")
	d.add("STATUS:NEEDS-ACTION")
	d.addf("X-APPLE-SORT-ORDER:%d", d.Uint32())
	d.add("END:VTODO")
	d.has("x-property")
}

// subtask belongs to the task before it in the list.
func subtask(d *draft) {
	parent := newDraft(d.seed, d.collection, d.number-1)
	d.begin("VTODO")
	d.add(d.time("DUE", clock{date: true}, d.day()))
	d.add("RELATED-TO;RELTYPE=PARENT:"+escape(parent.uid), "END:VTODO")
	d.has("related-to", "due")
}

func doneTask(d *draft) {
	done := d.hour()
	d.begin("VTODO")
	d.add("STATUS:COMPLETED", stamp("COMPLETED", done), "PERCENT-COMPLETE:100", "END:VTODO")
	d.has("completed")
}

func recurringTask(d *draft) {
	c, start := d.anyZone(), d.hour()
	d.begin("VTODO")
	d.add(d.time("DTSTART", c, start), d.time("DUE", c, start.Add(time.Hour)), "RRULE:FREQ=WEEKLY;INTERVAL=2", "END:VTODO")
	d.has("rrule", "due")
}

func datedTask(d *draft) {
	day := d.day()
	d.begin("VTODO")
	d.add(d.time("DTSTART", clock{date: true}, day), d.time("DUE", clock{date: true}, day.Add(week)))
	d.addf("COMMENT:%s", escape(d.prose(900)))
	d.add("END:VTODO")
	d.has("due", "long-text")
}

// journal makes a journal entry.
func journal(d *draft) {
	d.begin("VJOURNAL")
	d.add(d.time("DTSTART", clock{date: true}, d.day()), "STATUS:FINAL")
	d.addf("X-NOTES:%s", escape(d.prose(400)))
	d.add("END:VJOURNAL")
	d.has("journal")
}
