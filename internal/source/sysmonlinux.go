package source

import "bytes"

// Sysmon for Linux writes its events to syslog, each as the XML of a Windows event in the message of one record.

// sysmon makes d.ev the event that the message b is. What is cut off on its way (syslog daemons shorten records) is read
// as far as it goes. timed says that the event has told its own time.
func (d *syslogDecoder) sysmon(b []byte, off int64, env *Env) (ok, timed bool) {
	keep := d.ev
	d.ev.HasTime = false
	ok, whole := d.xml.parse(b, d.ev.Names, &d.ev)
	if !ok {
		d.ev = keep
		return false, false
	}
	if !whole {
		env.warn(off, "event in syslog is damaged or cut off: what comes before that was read")
	}
	if timed = d.ev.HasTime; !timed {
		d.ev.Time, d.ev.HasTime = keep.Time, keep.HasTime
	}
	if d.ev.Host == "" {
		d.ev.Host = keep.Host
	}
	return true, timed
}

// eventInMessage finds the Windows event that a message is, -1 where it is none.
func eventInMessage(msg []byte) int {
	if !bytes.HasPrefix(msg, []byte("<Event")) {
		return -1
	}
	return nextEvent(msg, 0)
}
