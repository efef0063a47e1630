/* Style and frame of the report. Colours: eight series, darker on light and
 * lighter on dark ground, chosen by search: contrast with the ground above
 * 4.5, and every two at least 18 apart in CIE L*a*b* for readers of normal,
 * red-blind and green-blind vision (tests/unit/test_palette.c measures this
 * in the page itself). Lines differ in dashes and points in shape as well. */
#include "eval/page.h"

#include <stdio.h>
#include <string.h>

#include "eval/svg.h"

static const char STYLE_COLOUR[] =
    ":root{color-scheme:light dark;--bg:#fbfbf9;--card:#ffffff;--fg:#1b1d20;"
    "--muted:#575c63;--line:#dedfda;--grid:#ecece8;--pass:#12704e;"
    "--fail:#b3261e;--na:#575c63;--pass-bg:#e7f3ed;--fail-bg:#fbeae8;"
    "--na-bg:#eff0ee;"
    "--s0:#66707b;--s1:#b25a09;--s2:#1762bc;--s3:#2a8059;--s4:#7c1f6e;"
    "--s5:#5b4400;--s6:#027ba4;--s7:#7a003e}\n"
    "@media (prefers-color-scheme:dark){:root{--bg:#15171a;--card:#1c1f23;"
    "--fg:#e7e8e6;--muted:#a4a9b0;--line:#33373d;--grid:#282c31;"
    "--pass:#63cf9f;--fail:#ff9b90;--na:#a4a9b0;--pass-bg:#16302a;"
    "--fail-bg:#3a1e1c;--na-bg:#25282d;"
    "--s0:#91857f;--s1:#db9861;--s2:#7aadf9;--s3:#71da9d;--s4:#b678ba;"
    "--s5:#e3bd53;--s6:#6fe0f1;--s7:#f791bb}}\n"
    "@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--fg:#000;"
    "--muted:#444;--line:#bbb;--grid:#ddd;--pass:#12704e;--fail:#b3261e;"
    "--na:#444;--pass-bg:#fff;--fail-bg:#fff;--na-bg:#fff;"
    "--s0:#66707b;--s1:#b25a09;--s2:#1762bc;--s3:#2a8059;--s4:#7c1f6e;"
    "--s5:#5b4400;--s6:#027ba4;--s7:#7a003e}}\n";

enum { SERIES = 8 };
/* Cells of a table by their share; at most so many percent of a colour, to
 * keep the words on them legible (tests/unit/test_palette.c). */
enum { SHADES = 8, MOST_SHADE = 32 };
static const char *const DASH[SERIES] = {"2 2.5",        "7 2.5", "none",
                                         "9 2.5 2 2.5",  "4 2",   "1 2",
                                         "12 2 2 2 2 2", "14 4"};

static const char STYLE_TEXT[] =
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.55 "
    "\"Source Sans 3\",\"Noto Sans\",system-ui,\"Segoe UI\",\"Helvetica "
    "Neue\",Arial,sans-serif;font-variant-numeric:tabular-nums}\n"
    "main{max-width:68rem;margin:0 auto;padding:2.5rem 1.5rem 4rem}\n"
    "h1{font-size:2rem;line-height:1.2;margin:.2rem 0 .6rem;"
    "letter-spacing:-.01em}\n"
    "h2{font-size:1.25rem;margin:3rem 0 .4rem;padding-top:.8rem;"
    "border-top:1px solid var(--line)}\n"
    "h3{font-size:1rem;margin:1.4rem 0 .3rem}\n"
    "nav{font-size:.9rem;margin:1.2rem 0 0}nav ul{list-style:none;padding:0;"
    "margin:0;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem}\n"
    "a{color:var(--s2)}\n"
    "p{margin:.4rem 0 .8rem;max-width:46rem}\n"
    ".kicker{color:var(--muted);margin:0;font-size:.9rem}\n"
    ".lead{font-size:1.1rem}\n"
    ".note,caption,figcaption{color:var(--muted);font-size:.88rem}\n"
    ".verdict{border-left:.4rem solid var(--na);background:var(--na-bg);"
    "padding:.8rem 1.1rem;margin:1.2rem 0;font-size:1.05rem}\n"
    ".verdict.pass{border-color:var(--pass);background:var(--pass-bg)}\n"
    ".verdict.fail{border-color:var(--fail);background:var(--fail-bg)}\n"
    ".key{display:inline-block;width:.8rem;height:.8rem;border-radius:50%;"
    "margin-right:.45rem;vertical-align:-.06rem}\n"
    "code,.mono{font:.84rem/1.5 \"Source Code Pro\",\"DejaVu Sans Mono\","
    "ui-monospace,Menlo,Consolas,monospace}\n";

static const char STYLE_TABLE[] =
    ".scroll{overflow-x:auto}\n"
    "table{border-collapse:collapse;width:100%;margin:.6rem 0 1rem;"
    "font-size:.94rem}\n"
    "caption{text-align:left;padding:0 0 .4rem}"
    "caption>span{display:block;max-width:min(46rem,calc(100vw - 3rem))}\n"
    "th,td{text-align:left;vertical-align:top;padding:.42rem .9rem .42rem 0;"
    "border-bottom:1px solid var(--line)}\n"
    "thead th{border-bottom:2px solid var(--line);font-size:.86rem;"
    "color:var(--muted);font-weight:600;vertical-align:bottom}\n"
    "tbody th{font-weight:600;white-space:nowrap}\n"
    "td .ci,th "
    ".ci{display:block;font-weight:400;color:var(--muted);font-size:.84rem;"
    "white-space:nowrap}\n"
    "td b{font-weight:650}\n"
    ".gates td{padding-right:.8rem}.gates tbody th{white-space:normal;"
    "padding-right:.8rem}.gates .ci.mono{white-space:normal;"
    "overflow-wrap:anywhere}.wrap tbody th{white-space:normal}.wrap td"
    "{white-space:nowrap}"
    ".gates td:last-child{min-width:13rem}\n"
    ".pairs{display:grid;grid-template-columns:repeat(auto-fill,"
    "minmax(min(29rem,100%),1fr));gap:.4rem 2rem}.pairs .scroll{min-width:0}\n"
    ".confusion th,.confusion td{padding:.2rem .35rem;text-align:right;"
    "font-size:.86rem}.confusion tbody th,.confusion thead th:first-child"
    "{text-align:left;padding-left:0}.confusion .ci{font-size:.74rem;"
    "color:inherit}"
    ".turn span{writing-mode:vertical-rl;transform:rotate(180deg)}\n"
    ".tag{font-weight:650;white-space:nowrap}\n"
    ".tag.pass{color:var(--pass)}.tag.fail{color:var(--fail)}\n"
    ".tag.na{color:var(--na)}\n"
    ".sha{word-break:break-all}\n"
    ".keys{columns:2 22rem;column-gap:2.5rem;margin:0 0 1rem}\n"
    ".keys div{display:flex;gap:.6rem;justify-content:space-between;"
    "border-bottom:1px solid var(--line);padding:.16rem 0;"
    "break-inside:avoid;font-size:.88rem}\n"
    ".keys .identity dt::before{content:\"\\25CF\\00A0\";color:var(--s2)}\n"
    ".keys dd{margin:0;text-align:right;overflow-wrap:anywhere}\n";

static const char STYLE_PLOT[] =
    "figure{margin:1rem 0}\n"
    ".plots{display:flex;flex-wrap:wrap;gap:1rem 1.2rem;margin:.8rem 0}\n"
    "svg.plot{max-width:100%;height:auto;display:block;overflow:visible}\n"
    "svg text{fill:var(--fg);font-size:12px}\n"
    "svg .tick{fill:var(--muted);font-size:11px}\n"
    "svg .axis{fill:var(--muted);font-size:11.5px}\n"
    "svg .name{font-size:12.5px;font-weight:650}\n"
    "svg .grid{stroke:var(--grid);stroke-width:1}\n"
    "svg .guide{stroke:var(--muted);stroke-width:1;stroke-dasharray:3 3}\n"
    "svg .line{fill:none;stroke-width:1.8;stroke-linejoin:round}\n"
    "svg .whisker{stroke-width:2}\n"
    "svg .faint{opacity:.3;stroke-width:1}\n"
    "svg .band{opacity:.16}\n"
    "svg .bar{height:14px}\n"
    "svg.symbol,svg.swatch{vertical-align:-.1rem;margin-right:.35rem}\n"
    "svg .cell{font-size:11px}\n"
    "figure.map{width:245px;margin:0}\n"
    ".legend span{white-space:nowrap;margin-right:1.2rem}\n"
    ".legend{max-width:none;margin:.5rem 0}\n"
    ".patches{display:grid;grid-template-columns:repeat(auto-fill,"
    "minmax(27rem,1fr));gap:.5rem 2rem}\n"
    ".patches figure{margin:0;display:flex;align-items:center;gap:.35rem}\n"
    ".patches figcaption{width:6.2rem;flex:none;line-height:1.25}\n"
    ".patches img{width:60px;height:60px;border-radius:2px;"
    "background:#000}\n"
    "footer{margin-top:3rem;border-top:1px solid var(--line);"
    "padding-top:.8rem;color:var(--muted);font-size:.88rem}\n"
    "@media print{html{font-size:10.5pt}body{font-size:9.5pt}"
    "main{max-width:none;padding:0}.pairs{grid-template-columns:1fr 1fr;"
    "gap:.4rem 1rem}.confusion th,.confusion td{padding:.2rem .16rem;"
    "font-size:.74rem}.confusion .ci{font-size:.62rem}"
    "h2{margin-top:1.6rem}h2,h3,.note,.legend,caption,summary{break-after:"
    "avoid}"
    "tr,figure,svg,.verdict,.note,.pairs "
    ".scroll{break-inside:avoid}.scroll{overflow:visible}th,td{padding-right:."
    "5rem}"
    ".patches{grid-template-columns:1fr 1fr}.patches img{width:40px;"
    "height:40px}summary{list-style:none}}\n"
    "@media print{details::details-content{content-visibility:visible;"
    "display:block}}\n"
    "@media print,(max-width:60rem){.gates th:nth-child(3),"
    ".gates td:nth-child(3){display:none}.gates,.gates "
    ".note,.ci,.mono{font-size:.8rem}"
    ".gates .ci,.gates .tag{white-space:normal}.gates "
    ".mono{overflow-wrap:anywhere}}\n"
    "@media (max-width:40rem){.patches{grid-template-columns:1fr}"
    ".patches figure{flex-wrap:wrap}.patches figcaption{width:100%}"
    "main{padding:1.2rem 1rem}}\n";

/* On a phone the rows of a table of words are stacked: cells one below the
 * other, each after the head of its column. */
static const char STYLE_STACK[] =
    "@media screen and (max-width:40rem){.stack,.stack tbody,.stack tr,"
    ".stack tbody th,.stack td,.gates td:nth-child(3){display:block}"
    ".stack thead{position:absolute;width:1px;height:1px;overflow:hidden;"
    "clip-path:inset(50%)}"
    ".stack tr{border-bottom:1px solid var(--line);padding:.55rem 0}"
    ".stack tbody th,.stack td,.gates td:last-child{border:0;padding:.1rem 0;"
    "min-width:0;overflow-wrap:anywhere}"
    ".stack td .ci{display:inline;margin-left:.5em;font-size:inherit}"
    ".stack td::before{color:var(--muted)}"
    ".gates td:nth-child(3)::before{content:\"kind: \"}"
    ".gates td:nth-child(4)::before{content:\"this run: \"}"
    ".gates td:nth-child(5)::before{content:\"wanted: \"}"
    ".wide tbody th::before{content:\"no. \"}"
    ".wide td:nth-child(3)::before{content:\"where: \"}"
    ".wide td:nth-child(4)::before{content:\"consequence: \"}}\n";

void page_put(struct text *t, const char *s)
{
    text_put(t, s, strlen(s));
}

void page_tag(struct text *t,
              const char *tag,
              const char *style,
              const char *words)
{
    text_add(t, "<%s", tag);
    if (style)
        text_add(t, " class=\"%s\"", style);
    page_put(t, ">");
    svg_escape(t, words);
    text_add(t, "</%s>", tag);
}

void page_open(struct text *t, const char *title)
{
    page_put(t, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                "<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, "
                "initial-scale=1\">\n"
                "<meta name=\"color-scheme\" content=\"light dark\">\n");
    page_tag(t, "title", NULL, title);
    page_put(t, "\n<style>\n");
    page_put(t, STYLE_COLOUR);
    page_put(t, STYLE_TEXT);
    page_put(t, STYLE_TABLE);
    page_put(t, STYLE_PLOT);
    page_put(t, STYLE_STACK);
    for (int i = 0; i < SERIES; i++)
        text_add(t,
                 "svg .line.s%d,svg .whisker.s%d{stroke:var(--s%d)}"
                 "svg .line.s%d{stroke-dasharray:%s}"
                 "svg .dot.s%d,svg .note.s%d,svg .mark.s%d,svg .band.s%d,"
                 "svg .bar.s%d{fill:var(--s%d)}.key.s%d{background:var(--s%d)"
                 "}\n",
                 i, i, i, i, DASH[i], i, i, i, i, i, i, i, i);
    for (int i = 1; i <= SHADES; i++)
        text_add(t,
                 ".confusion .h%d{background:color-mix(in srgb,var(--s2) "
                 "%d%%,transparent)}\n",
                 i, i * MOST_SHADE / SHADES);
    page_put(t, "</style>\n</head>\n<body>\n<main>\n");
}

void page_close(struct text *t)
{
    page_put(t, "</main>\n</body>\n</html>\n");
}

void page_section(struct text *t,
                  const char *id,
                  const char *title,
                  const char *note)
{
    text_add(t, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id,
             id, title);
    if (note) {
        page_put(t, "<p class=\"note\">");
        page_put(t, note);
        page_put(t, "</p>\n");
    }
}

void page_section_end(struct text *t)
{
    page_put(t, "</section>\n");
}

/* The last place of a mark before the end of what is written. */
static const char *last_of(const struct text *t, const char *mark)
{
    const char *at = NULL;

    for (const char *p = t->s; p && (p = strstr(p, mark)); p++)
        at = p;
    return at;
}

void page_scroll(struct text *t)
{
    static const char scroll[] = "<div class=\"scroll\"";
    const char *head = last_of(t, "<h2 id=\"");
    char title[160] = "";
    unsigned nth = 1;

    for (const char *p = head; p && (p = strstr(p, scroll)); p++)
        nth++;
    if (head) {
        head += strcspn(head, ">") + 1;
        (void)snprintf(title, sizeof title, ", %.*s", (int)strcspn(head, "<\""),
                       head);
    }
    text_add(t, "%s role=\"region\" tabindex=\"0\" aria-label=\"table", scroll);
    if (nth > 1)
        text_add(t, " %u", nth);
    text_add(t, "%s\">", title);
}

void page_table(struct text *t,
                const char *style,
                const char *caption,
                const char *const *head)
{
    bool stack = style && strstr(style, "stack");

    page_scroll(t);
    page_put(t, "<table");
    if (style)
        text_add(t, " class=\"%s\"", style);
    page_put(t, stack ? " role=\"table\">\n" : ">\n");
    if (caption) {
        page_put(t, "<caption><span>");
        page_put(t, caption);
        page_put(t, "</span></caption>\n");
    }
    page_put(t, stack ? "<thead role=\"rowgroup\"><tr role=\"row\">"
                      : "<thead><tr>");
    for (; *head; head++) {
        page_put(t, stack ? "<th role=\"columnheader\" scope=\"col\">"
                          : "<th scope=\"col\">");
        page_put(t, *head);
        page_put(t, "</th>");
    }
    page_put(t, stack ? "</tr></thead>\n<tbody role=\"rowgroup\">\n"
                      : "</tr></thead>\n<tbody>\n");
}

void page_table_end(struct text *t)
{
    page_put(t, "</tbody></table></div>\n");
}

void page_cell(struct text *t, const char *style, const char *words)
{
    page_tag(t, "td", style, words && *words ? words : "\xe2\x80\x93");
}

void page_number(struct text *t, const char *fmt, double v)
{
    char words[64];

    if (__builtin_isnan(v)) {
        page_cell(t, NULL, NULL);
        return;
    }
    if (__builtin_isinf(v)) {
        page_cell(t, NULL, "not reached");
        return;
    }
    (void)snprintf(words, sizeof words, fmt, v);
    page_cell(t, NULL, words);
}

void page_interval(struct text *t, double value, double lo, double hi)
{
    if (__builtin_isnan(value)) {
        page_cell(t, NULL, NULL);
        return;
    }
    text_add(t, "<td><b>%.3f</b>", value);
    if (!__builtin_isnan(lo) && !__builtin_isnan(hi))
        text_add(t, "<span class=\"ci\">%.3f to %.3f</span>", lo, hi);
    page_put(t, "</td>");
}

void page_p(struct text *t, double p)
{
    if (__builtin_isnan(p))
        page_put(t, "undefined");
    else if (p < 0.001)
        page_put(t, "&lt; 0.001");
    else
        text_add(t, "%.3f", p);
}

const char *page_series(size_t i)
{
    static const char *const name[SERIES] = {"s0", "s1", "s2", "s3",
                                             "s4", "s5", "s6", "s7"};

    return name[i % SERIES];
}

void page_swatch(struct text *t, const char *style)
{
    text_add(t,
             "<svg class=\"swatch\" aria-hidden=\"true\" width=\"30\" "
             "height=\"10\"><line class=\"line %s\" x1=\"0\" y1=\"5\" "
             "x2=\"30\" y2=\"5\"/></svg>",
             style);
}

void page_sets(struct text *t, const struct report *r)
{
    page_put(t, "<p class=\"note legend\">");
    for (size_t i = 0; i < r->n_sets; i++) {
        page_put(t, "<span>");
        page_swatch(t, page_series(i));
        svg_escape(t, r->set[i].name);
        page_put(t, "</span> ");
    }
    page_put(t, "</p>\n");
}

double page_area(const double *x, const double *y, uint32_t n)
{
    double area = 0.0;

    for (uint32_t i = 1; i < n; i++)
        area += (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2.0;
    return area;
}
