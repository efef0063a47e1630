#!/usr/bin/env python3
"""Derives the constants of det/math:

    python3 math_tables.py elementary > math_tables_elementary.c
    (the same with erf and lgamma)

Everything follows from definitions, at 60 digits with mpmath: table nodes are
rounded from the exact values, polynomials interpolate the exact function at
Chebyshev nodes, which is close to the best uniform fit. The first coefficient
of a row may be a pair (hi, lo). The error of each fit is printed to stderr.
"""
import sys

import mpmath as mp

mp.mp.prec = 240


def dbl(v):
    """The nearest double of a positive or negative normal number."""
    m, e = mp.frexp(mp.mpf(v))
    if m == 0:
        return 0.0
    return float(mp.ldexp(mp.nint(mp.ldexp(m, 53)), e - 53))


def pair(v):
    hi = dbl(v)
    return [hi, dbl(mp.mpf(v) - mp.mpf(hi))]


def bits(v, n):
    """Rounded to n significant bits."""
    m, e = mp.frexp(mp.mpf(v))
    return float(mp.ldexp(mp.nint(mp.ldexp(m, n)), e - n))


def fit(f, lo, hi, degree):
    """Coefficients in (x - 0) of the interpolant at Chebyshev nodes."""
    n = degree + 1
    mid, half = (mp.mpf(lo) + hi) / 2, (mp.mpf(hi) - lo) / 2
    xs = [mid + half * mp.cos(mp.pi * (2 * k + 1) / (2 * n)) for k in range(n)]
    a = [mp.mpf(f(x)) for x in xs]  # divided differences, Newton's form
    for k in range(1, n):
        for i in range(n - 1, k - 1, -1):
            a[i] = (a[i] - a[i - 1]) / (xs[i] - xs[i - k])
    p = [a[-1]]
    for k in range(n - 2, -1, -1):
        q = [mp.mpf(0)] + p
        for i, c in enumerate(p):
            q[i] -= xs[k] * c
        q[0] += a[k]
        p = q
    return p


def worst(f, p, lo, hi, weight):
    """Largest |p - f| * weight on a grid."""
    w = mp.mpf(0)
    for k in range(41):
        x = mp.mpf(lo) + (mp.mpf(hi) - lo) * k / 40
        if x == 0:
            continue
        w = max(w, abs(mp.polyval(p[::-1], x) - f(x)) * abs(weight(x)))
    return w


def show(name, err):
    print("%-16s 2^%.1f" % (name, float(mp.log(err, 2))), file=sys.stderr)


def emit(name, rows):
    """rows: list of lists of doubles; one row makes a flat array."""
    flat = len(rows) == 1
    dim = "[%d]" % len(rows[0]) if flat else "[%d][%d]" % (len(rows),
                                                          len(rows[0]))
    print("\nconst double %s%s = {" % (name, dim))
    for r in rows:
        words = [v.hex() for v in r]
        text, line = [], "    " if flat else "    {"
        for i, w in enumerate(words):
            w += "" if i + 1 == len(words) and not flat else ","
            if len(line) + len(w) + 1 > 79:
                text.append(line.rstrip())
                line = "    " if flat else "     "
            line += w + " "
        text.append(line.rstrip() + ("" if flat else "},"))
        print("\n".join(text))
    print("};")


def exp_tables():
    emit("math_exp2", [pair(mp.mpf(2)**(mp.mpf(j) / 128)) for j in range(128)])
    h = mp.log(2) / 256 * mp.mpf("1.001")

    def f(r):
        return sum(r**k / mp.factorial(k + 2) for k in range(30))

    p = fit(f, -h, h, 4)
    show("exp", worst(f, p, -h, h, lambda r: r))
    emit("math_exp_poly", [[dbl(c) for c in p]])


def log_tables():
    rows = []
    for i in range(128):
        # z in [0.6875, 1.375): steps of 1/256 below 1 and 1/128 above
        z = (mp.mpf("0.6875") + mp.mpf(2 * i + 1) / 512 if i < 80 else
             1 + mp.mpf(2 * (i - 80) + 1) / 256)
        c = 1.0 if i in (79, 80) else bits(1 / z, 20)
        rows.append([c] + pair(-mp.log(mp.mpf(c))))
    emit("math_log_node", rows)
    h = mp.mpf(1) / 127

    def f(r):
        return sum((-r)**k / (k + 3) for k in range(60))

    p = fit(f, -h, h, 6)
    show("log", worst(f, p, -h, h, lambda r: r**2))
    emit("math_log_poly", [[dbl(c) for c in p]])
    ln2 = bits(mp.log(2), 41)
    emit("math_ln2", [[ln2] + pair(mp.log(2) - mp.mpf(ln2))])


def trig_tables():
    a = dbl(mp.pi / 2)
    b = dbl(mp.pi / 2 - mp.mpf(a))
    c = dbl(mp.pi / 2 - mp.mpf(a) - mp.mpf(b))
    emit("math_half_pi", [[a, b, c]])
    z1 = (mp.pi / 4)**2 * mp.mpf("1.001")

    def s(z):
        r = mp.sqrt(z)
        return (mp.sin(r) - r) / r**3 if r else -mp.mpf(1) / 6

    def k(z):
        r = mp.sqrt(z)
        return (mp.cos(r) - 1 + z / 2) / z**2 if r else mp.mpf(1) / 24

    p = fit(s, 0, z1, 6)
    show("sin", worst(s, p, 0, z1, lambda z: z))
    emit("math_sin_poly", [[dbl(c) for c in p]])
    p = fit(k, 0, z1, 6)
    show("cos", worst(k, p, 0, z1, lambda z: z**2))
    emit("math_cos_poly", [[dbl(c) for c in p]])


def piece(f, lo, hi, degree):
    """One row in h = x - middle: c0 as a pair, the others as doubles."""
    mid = (mp.mpf(lo) + hi) / 2
    half = (mp.mpf(hi) - lo) / 2
    g = lambda h: f(mid + h)
    p = fit(g, -half, half, degree)
    return (pair(p[0]) + [dbl(c) for c in p[1:]],
            worst(g, p, -half, half, lambda h: 1 / f(mid)))


def pieces(name, f, edges, degree):
    rows, err = [], mp.mpf(0)
    for lo, hi in edges:
        r, e = piece(f, lo, hi, degree)
        rows.append(r)
        err = max(err, e)
    show(name, err)
    emit("math_" + name, rows)


def erf_tables():
    z1 = mp.mpf(1) / 16

    def f(z):
        x = mp.sqrt(z)
        return mp.erf(x) / x - 1 if x else 2 / mp.sqrt(mp.pi) - 1

    p = fit(f, 0, z1, 8)
    show("erf", worst(f, p, 0, z1, lambda z: 1))
    emit("math_erf_poly", [[dbl(c) for c in p]])
    edges = []
    for e in range(-2, 5):
        for k in range(8):
            edges.append((mp.ldexp(1 + mp.mpf(k) / 8, e),
                          mp.ldexp(1 + mp.mpf(k + 1) / 8, e)))
    pieces("erfcx", lambda x: mp.exp(x * x) * mp.erfc(x), edges, 12)


def lgamma_tables():

    def near(t):
        """lgamma(1 + t) / (t (t - 1)), whose two zeros are taken out."""
        if abs(t) < mp.mpf(10)**-30:
            return mp.euler
        if abs(t - 1) < mp.mpf(10)**-30:
            return 1 - mp.euler
        return mp.loggamma(1 + t) / (t * (t - 1))

    pieces("lgamma_near", near,
           [(mp.mpf(i) / 8 - mp.mpf(1) / 4, mp.mpf(i + 1) / 8 - mp.mpf(1) / 4)
            for i in range(26)], 12)
    pieces("lgamma_mid", mp.loggamma,
           [(4 + mp.mpf(i) / 4, 4 + mp.mpf(i + 1) / 4) for i in range(16)], 10)

    def far(w):
        """What Stirling's formula leaves, times x, in w = 1/x^2."""
        if w == 0:
            return mp.mpf(1) / 12
        x = 1 / mp.sqrt(w)
        main = (x - mp.mpf(1) / 2) * mp.log(x) - x + mp.log(2 * mp.pi) / 2
        return (mp.loggamma(x) - main) * x

    w1 = mp.mpf(1) / 64
    p = fit(far, 0, w1, 6)
    show("lgamma_far", worst(far, p, 0, w1, lambda w: mp.sqrt(w) / 13))
    emit("math_lgamma_far", [[dbl(c) for c in p]])
    # (x - 1/2) (log x - 1) + this
    emit("math_lgamma_shift", [pair(mp.log(2 * mp.pi) / 2 - mp.mpf(1) / 2)])


def main():
    makers = {
        "elementary": (exp_tables, log_tables, trig_tables),
        "erf": (erf_tables,),
        "lgamma": (lgamma_tables,),
    }
    which = sys.argv[1]
    print("/* Made by math_tables.py %s; see there. */" % which)
    print('#include "det/math_tables.h"\n\n/* clang-format off */')
    for make in makers[which]:
        make()


main()
