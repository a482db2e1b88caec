/** How optional features open files of the data directory. */

/** `what` names the file's contents, for the log line if it cannot be read and has to be set aside. */
export type OpenFile = <T>(file: string, what: string, open: (path: string) => T) => T
