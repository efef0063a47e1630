#include "det/shard.h"

#include "base/status.h"

struct block shard_block(uint32_t shards, uint32_t ranks, uint32_t rank)
{
    struct block b;
    uint32_t longer;

    BUG_IF(ranks == 0 || rank >= ranks);
    longer = shards % ranks;
    b.n = shards / ranks + (rank < longer);
    b.lo = shards / ranks * rank + (rank < longer ? rank : longer);
    return b;
}

uint32_t shard_owner(uint32_t shards, uint32_t ranks, uint32_t shard)
{
    uint32_t size;
    uint32_t longer;

    BUG_IF(ranks == 0 || shard >= shards);
    size = shards / ranks;
    longer = shards % ranks;
    if (shard / (size + 1) < longer)
        return shard / (size + 1);
    return longer + (shard - longer * (size + 1)) / size;
}
