#include <sqlite3.h>

// What the header says with macros of casts and with functions of any number of arguments, which Swift does not read.

// An address that is null would be NULL, and not empty.
static inline int smime_sqlite3_bind_text(sqlite3_stmt *statement, int index, const void *text, sqlite3_uint64 count) {
  return sqlite3_bind_text64(statement, index, text == 0 ? "" : text, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int smime_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_blob64(statement, index, bytes == 0 ? "" : bytes, count, SQLITE_TRANSIENT);
}

// Statements cannot damage the file, and what a damaged or forged file brings along (views, triggers) runs nothing.
static inline void smime_sqlite3_distrust(sqlite3 *database) {
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
}
