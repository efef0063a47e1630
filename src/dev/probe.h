#ifndef DEV_PROBE_H
#define DEV_PROBE_H

/* What the probe must give on every machine, in float: the digest over all
 * operations, and the start of the digest of each (to name the one that is
 * wrong). They change only with the arithmetic of README.md or the cases of
 * probe.c; then say so in the commit. */
#define DEV_PROBE                                                              \
    "26e51cc45cebeb42ff0f02290bb3d2b72eea894c3cc8ddfea1b73682cc3f720d"

#define DEV_PROBE_ROWS(ROW)                                                    \
    ROW(CONV_TURN, "conv_turn", "007530e2c4c957e5")                            \
    ROW(CONV_FWD, "conv_fwd", "bad30d63a019361a")                              \
    ROW(CONV_BWD_X, "conv_bwd_x", "dc841c9f14033af5")                          \
    ROW(CONV_BWD_W, "conv_bwd_w", "52cfb25aa652fb55")                          \
    ROW(BIAS_BWD, "bias_bwd", "de6eebb5e1bc15f8")                              \
    ROW(NORM_SUMS, "norm_sums", "071902acac5cfd40")                            \
    ROW(NORM_APPLY, "norm_apply", "064ef2dc5b08a332")                          \
    ROW(NORM_BWD_SUMS, "norm_bwd_sums", "629b7e924f549a03")                    \
    ROW(NORM_BWD_APPLY, "norm_bwd_apply", "964a8b28174aa02d")                  \
    ROW(POOL_FWD, "pool_fwd", "3c323898d146b38a")                              \
    ROW(POOL_BWD, "pool_bwd", "7f4b7db85ba57545")                              \
    ROW(MEAN_FWD, "mean_fwd", "cfaa98019129caa4")                              \
    ROW(MEAN_BWD, "mean_bwd", "c07eafec90917b59")                              \
    ROW(SUBSAMPLE, "subsample", "eb821e746831abd2")                            \
    ROW(RELU_FWD, "relu_fwd", "026c1185ccc657ec")                              \
    ROW(RELU_BWD, "relu_bwd", "3e1bff1fc1c05f2d")                              \
    ROW(ADD, "add", "929e7e5bfe702fa8")                                        \
    ROW(VEC_ADD, "vec_add", "aef9ee0474b75738")                                \
    ROW(VEC_SCALE, "vec_scale", "29deb3147bc49821")                            \
    ROW(VEC_SUMSQ, "vec_sumsq", "49a211a1a0e44a72")                            \
    ROW(VEC_LARS, "vec_lars", "55eb7e7cb1b10031")                              \
    ROW(VEC_ADAM, "vec_adam", "9dad125ae55c6965")                              \
    ROW(PRELU_FWD, "prelu_fwd", "1e7ce70e199bfb4a")                            \
    ROW(PRELU_BWD, "prelu_bwd", "9db0b213a3a879a2")

#endif
