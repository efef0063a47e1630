#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

/* Tables as comma-separated values (RFC 4180: quotes, commas and line breaks
 * inside quotes; LF or CRLF; UTF-8 BOM skipped). The first record names the
 * columns. Rows are counted from 0; messages give the line in the file. Blank
 * lines are skipped (in a table of one column they are empty cells). */
struct csv; /* opaque */

/* ERR_FILE; ERR_DATA: no header, no rows (the list is empty), a record with
 * another number of fields than the header, unclosed quote. */
status csv_read(const char *path, struct csv **out);
/* The same from bytes in memory (copied); name is for messages. */
status
csv_parse(const char *name, const char *bytes, size_t len, struct csv **out);
void csv_free(struct csv *t);
const char *csv_path(const struct csv *t);
uint32_t csv_rows(const struct csv *t);
uint32_t csv_cols(const struct csv *t);
const char *csv_name(const struct csv *t, uint32_t col);
uint32_t csv_line(const struct csv *t, uint32_t row);
/* Column by exact name, -1 when absent. */
int32_t csv_find(const struct csv *t, const char *name);
/* The same, absent is ERR_DATA that lists the columns there are and names the
 * one that seems to be meant; so is a name
 * that stands there twice. */
status csv_need(const struct csv *t, const char *name, uint32_t *col);
const char *csv_cell(const struct csv *t, uint32_t row, uint32_t col);
/* A finite number, else ERR_DATA with path, line, column and the text. */
status csv_f64(const struct csv *t, uint32_t row, uint32_t col, double *out);
status csv_i64(const struct csv *t, uint32_t row, uint32_t col, int64_t *out);

/* Add one field to a record under construction, quoted where needed. Commas
 * and line breaks between fields are the caller's. */
void csv_put(struct text *t, const char *field);

#endif
