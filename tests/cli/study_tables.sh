# shellcheck shell=bash
# Tables of predictions made by formula, with the rows and classes of the
# study's cohorts.

# task1_table FILE SIGNAL SALT: 1,221 lesions of eight sites; the score of the own
# class is larger by SIGNAL.
task1_table() {
    awk -v s="$2" -v x="$3" 'BEGIN {
        split("42 218 195 129 467 44 64 62", n, " ")
        printf ",image_path"
        for (k = 0; k < 8; k++)
            printf ",conf_scores_class_%d", k
        print ",pred_class,target"
        for (c = 0; c < 8; c++)
            for (j = 0; j < n[c + 1]; j++) {
                printf "%d,ct%d.nii.gz", row, row
                for (k = 0; k < 8; k++) {
                    x = (x * 16807) % 2147483647
                    printf ",%.6f", (x / 2147483647 + (k == c) * s) / (1 + s)
                }
                print ",0," c
                row++
            }
    }' >"$1"
}

# task2_table FILE POSITIVES NEGATIVES PAIRS: one score a row; exactly PAIRS pairs
# are in the right order, so the area is PAIRS / (POSITIVES * NEGATIVES).
task2_table() {
    awk -v p="$2" -v n="$3" -v pairs="$4" 'BEGIN {
        print ",malignancy,coordX,coordY,coordZ,image_path,conf_scores_class_0,conf_scores_class_1,pred_class,target"
        for (i = 0; i < n; i++)
            row(0.3 + 0.4 * (i + 0.5) / n, 0)
        for (i = 0; i < p; i++) {
            beats = pairs > n ? n : pairs
            pairs -= beats
            row(beats == n ? 0.9 : beats == 0 ? 0.1 : 0.3 + 0.4 * beats / n, 1)
        }
    }
    function row(score, y) {
        printf "%d,%d,%d,1,2,scan%d.mhd,%.9f,%.9f,%d,%d\n", at, y, at, at,
            1 - score, score, (score >= 0.5), y
        at++
    }' >"$1"
}

# task3_table FILE PAIRS: 421 patients as LUNG1 has them (169 alive at two
# years, 251 dead, one censored before); score and times by formula.
task3_table() {
    awk -v pairs="$2" 'BEGIN {
        print ",PatientID,Survival.time,deadstatus.event,coordX,image_path,conf_scores_class_0,conf_scores_class_1,pred_class,target"
        for (i = 0; i < 251; i++)
            row(0.52 + 0.04 * (i + 0.5) / 251, 10 + (i * 97) % 719, 1, 0)
        for (i = 0; i < 169; i++) {
            beats = pairs > 251 ? 251 : pairs
            pairs -= beats
            row(beats == 251 ? 0.561 + i * 1e-5 : beats == 0 ? 0.51 + i * 1e-5 \
                : 0.52 + 0.04 * beats / 251, 730 + (i * 59) % 2500, i % 7 < 5, 1)
        }
        row(0.53, 400, 0, 0)
    }
    function row(score, time, event, y) {
        at++
        printf "%d,LUNG1-%03d,%d,%d,1,p%d.nrrd,%.9f,%.9f,%d,%d\n", at, at, time,
            event, at, 1 - score, score, (score >= 0.5), y
    }' >"$1"
}

# tuning_table FILE MEDIAN: 88 rows whose median score is MEDIAN.
tuning_table() {
    awk -v m="$2" 'BEGIN {
        print ",PatientID,conf_scores_class_0,conf_scores_class_1"
        for (i = 0; i < 88; i++)
            printf "%d,H%d,0,%.15f\n", i, i, m + (i < 43 ? -0.001 : i > 44 ? 0.001 : 0)
    }' >"$1"
}

# feature_table FILE POSITIVES NEGATIVES SALT: nodules with twelve features, a
# few of which know the class, in the layout of the study's feature tables.
feature_table() {
    awk -v p="$2" -v n="$3" -v x="$4" 'BEGIN {
        printf ",malignancy,coordX,coordY,coordZ,image_path"
        for (k = 0; k < 12; k++)
            printf ",pred_%d", k
        print ""
        for (i = 0; i < n + p; i++) {
            y = i >= n
            printf "%d,%d,%d,1,2,%s-%d.mhd", i, y, i, FILENAME x, i
            for (k = 0; k < 12; k++) {
                x = (x * 16807) % 2147483647
                printf ",%.6f", x / 2147483647 + 0.35 * y * (k < 2)
            }
            print ""
        }
    }' >"$1"
}

# follow_table FILE ALIVE DEAD UNKNOWN SALT: patients with twelve features, a few
# of which know who lives two years, and UNKNOWN ones censored before.
follow_table() {
    awk -v a="$2" -v d="$3" -v u="$4" -v x="$5" 'BEGIN {
        printf ",PatientID,Survival.time,deadstatus.event,coordX,image_path"
        for (k = 0; k < 12; k++)
            printf ",pred_%d", k
        print ""
        salt = x
        for (i = 0; i < a + d + u; i++) {
            y = i < a
            time = y ? 730 + (i * 59) % 2500 : 10 + (i * 97) % 719
            printf "%d,P%d-%03d,%d,%d,1,p%d-%d.nrrd", i, salt, i, time,
                y ? i % 7 < 5 : i < a + d, salt, i
            for (k = 0; k < 12; k++) {
                x = (x * 16807) % 2147483647
                printf ",%.6f", x / 2147483647 + 0.15 * y * (k < 2)
            }
            print ""
        }
    }' >"$1"
}

# site_table FILE "COUNTS" SALT: lesions of eight sites with twelve features,
# one of which is larger at each site.
site_table() {
    awk -v counts="$2" -v x="$3" 'BEGIN {
        split(counts, n, " ")
        printf ",Coarse_lesion_type,image_path"
        for (k = 0; k < 12; k++)
            printf ",pred_%d", k
        print ""
        salt = x
        for (c = 0; c < 8; c++)
            for (j = 0; j < n[c + 1]; j++) {
                printf "%d,%d,ct%d-%d.nii.gz", row, c, salt, row
                for (k = 0; k < 12; k++) {
                    x = (x * 16807) % 2147483647
                    printf ",%.6f", x / 2147483647 + (k == c) * 0.7
                }
                print ""
                row++
            }
    }' >"$1"
}
