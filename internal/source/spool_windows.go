package source

// removeOpen says that the system lets go of a file's name while the file is open.
const removeOpen = false
