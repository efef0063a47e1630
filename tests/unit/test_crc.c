/* CRC-32: the check value of the catalogues, zlib's, and any cut into pieces.
 */
#include <zlib.h>

#include "check.h"
#include "det/stream.h"
#include "store/crc.h"

enum { SIZE = 5000 };

static void values(void **state)
{
    unsigned char bytes[SIZE];
    struct stream s = stream_at(4, STREAM_TEST, 2, 3, 4);

    (void)state;
    assert_int_equal(crc_add(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(crc_add(0, bytes, 0), 0);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)stream_u64(&s);
    for (size_t n = 1; n <= SIZE; n += n < 300 ? 1 : 97) {
        uint32_t want = (uint32_t)crc32_z(0, bytes, n);
        uint32_t parts = crc_add(0, bytes, n / 3);

        assert_int_equal(crc_add(0, bytes, n), want);
        assert_int_equal(crc_add(parts, bytes + n / 3, n - n / 3), want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
