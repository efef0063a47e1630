# shellcheck shell=bash
# make_features DIR ROWS DIM CLASSES SEED: train, val and test tables in the
# study's layout in DIR; half the rows train. Feature j is shifted in class j.
make_features() {
    mkdir -p "$1"
    awk -v dir="$1" -v n="$2" -v dim="$3" -v k="$4" -v s="$5" '
        function u() { s = (s * 69069 + 12345) % 4294967296
                       return s / 4294967296 }
        BEGIN {
            u()
            for (i = 0; i < n; i++) {
                f = dir (i < n / 2 ? "/train" : i < 3 * n / 4 ? "/val" : "/test") \
                    "_features.csv"
                if (!(f in seen)) {
                    seen[f] = 1
                    l = ",image_path,label"
                    for (j = 0; j < dim; j++) l = l ",pred_" j
                    print l > f
                }
                c = int(u() * k)
                l = i ",p" i ".nii," c
                for (j = 0; j < dim; j++)
                    l = l "," ((j == c ? 0.8 : 0) + (u() + u() + u() - 1.5) * 2)
                print l > f
            }
        }'
}
