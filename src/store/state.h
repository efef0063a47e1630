#ifndef STORE_STATE_H
#define STORE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* The named tensors of a file, whoever wrote it: torch.save (zip or the older
 * plain format), safetensors, NetCDF of ours. Told by content, not by name.
 * Foreign files are parsed as data under written limits and nothing in them is
 * executed; what does not hold is ERR_DATA with file and place. Opening reads
 * tables alone; values are read on demand, so no second copy of a network is
 * held. Memory: at most 4 times the file and 16 MB, whatever it says. */

enum state_format {
    STATE_TORCH,
    STATE_TORCH_OLD, /* before PyTorch 1.6 */
    STATE_SAFETENSORS,
    STATE_NETCDF
};

enum state_type {
    STATE_F32,
    STATE_F64,
    STATE_F16,
    STATE_BF16,
    STATE_I64,
    STATE_I32,
    STATE_I16,
    STATE_I8,
    STATE_U8,
    STATE_BOOL,
    STATE_C64,
    STATE_C128,
    STATE_TYPES
};

enum { STATE_RANK = 8 };

struct state_tensor {
    /* Keys on the way to it, joined by '/' ("trunk_state_dict/conv1.weight");
     * elements of lists by number. UTF-8, unique in the file. */
    const char *name;
    enum state_type type;
    int rank;
    uint64_t dim[STATE_RANK];
    uint64_t len; /* product of dim, 1 for rank 0 */
};

/* What stands beside the tensors (epoch, learning rate, ...), as text. */
struct state_value {
    const char *name;
    const char *text; /* "12", "0.075", "x", "None", "True", "empty dict" */
    bool is_text;     /* was a text in the file */
};

struct state; /* opaque */

/* ERR_FILE; ERR_DATA with the reason; ERR_NUMERIC: a file of ours whose digest
 * does not hold; ERR_MEM. */
status state_open(const char *path, struct state **out);
void state_close(struct state *s);

const char *state_path(const struct state *s);
enum state_format state_format(const struct state *s);
/* "torch zip", "safetensors", ... */
const char *state_format_name(const struct state *s);
uint64_t state_file_size(const struct state *s);
/* In the order of the file. */
size_t state_count(const struct state *s);
const struct state_tensor *state_at(const struct state *s, size_t i);
/* Tensor by name, -1 when there is none. */
int64_t state_find(const struct state *s, const char *name);
size_t state_values(const struct state *s);
const struct state_value *state_value(const struct state *s, size_t i);
/* A text of a NetCDF file of ours ("net", "run_id"); NULL when absent. */
const char *state_text(const struct state *s, const char *name);

/* The content digest a file of ours states (ckpt_digest), else NULL. */
const char *state_digest(const struct state *s);

const char *state_type_name(enum state_type t); /* "float32" */
size_t state_type_size(enum state_type t);
bool state_type_float(enum state_type t); /* f32, f64, f16, bf16 */
/* "float32 [64, 1, 7, 7, 7]" */
enum { STATE_SHOW = 256 };
const char *state_show(enum state_type type,
                       int rank,
                       const uint64_t *dim,
                       char out[STATE_SHOW]);

/* The values of one tensor in row-major order, in host byte order, a piece at a
 * time. Several threads may read, each with a reader of its own, but NetCDF
 * files by one thread only. */
struct state_reader {
    struct state *state;
    size_t tensor;
    uint64_t next;        /* element */
    uint32_t crc;         /* so far */
    unsigned char *whole; /* views, NetCDF: what the tensor lies in; or NULL */
};
/* Memory of the tensor's extent if it is a view of a storage (strides), else
 * none. ERR_MEM, ERR_DATA, ERR_NUMERIC. */
status state_start(struct state *s, size_t tensor, struct state_reader *out);
/* The next n elements, as many as there are at most. With the last of them the
 * checksum of the file is held against the bytes: ERR_DATA. */
status state_next(struct state_reader *r, uint64_t n, void *out);
void state_stop(struct state_reader *r);

/* n values as float or double: f32, f16, bf16 exactly; f64 to float rounded to
 * nearest. in and out do not overlap. BUG for other types. */
void state_to_f32(enum state_type type, const void *in, size_t n, float *out);
void state_to_f64(enum state_type type, const void *in, size_t n, double *out);

/* Every tensor read once: OK means that all of the file can be used. */
status state_check(struct state *s);

#endif
