package source

// evtxName is the name of the Windows event log format.
const evtxName = "evtx"
