/* Style and frame of the report. Colours: four hues told apart by readers
 * with any colour vision (after Okabe and Ito 2008), darker on light and
 * lighter on dark ground; contrast of text is above 4.5. */
#include "eval/page.h"

#include <string.h>

#include "eval/svg.h"

static const char STYLE_COLOUR[] =
    ":root{color-scheme:light dark;--bg:#fbfbf9;--card:#ffffff;--fg:#1b1d20;"
    "--muted:#575c63;--line:#dedfda;--grid:#ecece8;--pass:#12704e;"
    "--fail:#b3261e;--na:#575c63;--pass-bg:#e7f3ed;--fail-bg:#fbeae8;"
    "--na-bg:#eff0ee;"
    "--s0:#6b6f76;--s1:#b35806;--s2:#1c5fb8;--s3:#12805c;--s4:#8a3c8f;"
    "--s5:#7a5c00;--s6:#00798c;--s7:#a3224f}\n"
    "@media (prefers-color-scheme:dark){:root{--bg:#15171a;--card:#1c1f23;"
    "--fg:#e7e8e6;--muted:#a4a9b0;--line:#33373d;--grid:#282c31;"
    "--pass:#63cf9f;--fail:#ff9b90;--na:#a4a9b0;--pass-bg:#16302a;"
    "--fail-bg:#3a1e1c;--na-bg:#25282d;"
    "--s0:#9da2aa;--s1:#f0a35a;--s2:#74abf5;--s3:#5bcfa3;--s4:#d394d8;"
    "--s5:#d9b84f;--s6:#5ac8d8;--s7:#f08aa9}}\n"
    "@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--fg:#000;"
    "--muted:#444;--line:#bbb;--grid:#ddd;--pass:#12704e;--fail:#b3261e;"
    "--na:#444;--pass-bg:#fff;--fail-bg:#fff;--na-bg:#fff;"
    "--s0:#6b6f76;--s1:#b35806;--s2:#1c5fb8;--s3:#12805c;--s4:#8a3c8f;"
    "--s5:#7a5c00;--s6:#00798c;--s7:#a3224f}}\n";

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
    "caption{text-align:left;padding:0 0 .4rem}\n"
    "th,td{text-align:left;vertical-align:top;padding:.42rem .9rem .42rem 0;"
    "border-bottom:1px solid var(--line)}\n"
    "thead th{border-bottom:2px solid var(--line);font-size:.86rem;"
    "color:var(--muted);font-weight:600;vertical-align:bottom}\n"
    "tbody th{font-weight:600;white-space:nowrap}\n"
    "td .ci{display:block;color:var(--muted);font-size:.84rem;"
    "white-space:nowrap}\n"
    "td b{font-weight:650}\n"
    ".gates td{padding-right:.8rem}.gates td b{font-weight:600}\n"
    ".tag{font-weight:650;white-space:nowrap}\n"
    ".tag.pass{color:var(--pass)}.tag.fail{color:var(--fail)}\n"
    ".tag.na{color:var(--na)}\n"
    ".sha{word-break:break-all}\n"
    ".keys{columns:2 22rem;column-gap:2.5rem;margin:0 0 1rem}\n"
    ".keys div{display:flex;gap:.6rem;justify-content:space-between;"
    "border-bottom:1px solid var(--line);padding:.16rem 0;"
    "break-inside:avoid;font-size:.88rem}\n"
    ".keys dt::before{content:\"\\25CF\\00A0\";color:var(--s2)}\n"
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
    "svg .whisker{stroke-width:2.2}\n"
    "svg .faint{opacity:.3;stroke-width:1}\n"
    ".patches{display:grid;grid-template-columns:repeat(auto-fill,"
    "minmax(27rem,1fr));gap:.5rem 2rem}\n"
    ".patches figure{margin:0;display:flex;align-items:center;gap:.35rem}\n"
    ".patches figcaption{width:6.2rem;flex:none;line-height:1.25}\n"
    ".patches img{width:60px;height:60px;border-radius:2px;"
    "background:#000}\n"
    "footer{margin-top:3rem;border-top:1px solid var(--line);"
    "padding-top:.8rem;color:var(--muted);font-size:.88rem}\n"
    "@media print{main{max-width:none;padding:0}body{font-size:9.5pt}"
    "h2{margin-top:1.6rem;break-after:avoid}tr,figure,svg,.verdict"
    "{break-inside:avoid}.scroll{overflow:visible}th,td{padding-right:.5rem}"
    ".patches{grid-template-columns:1fr 1fr}.patches img{width:40px;"
    "height:40px}}\n"
    "@media print,(max-width:60rem){.gates th:nth-child(3),"
    ".gates td:nth-child(3){display:none}.gates,.ci,.mono{font-size:.8rem}"
    "td .ci,.tag{white-space:normal}.gates .mono{overflow-wrap:anywhere}}\n"
    "@media (max-width:40rem){.patches{grid-template-columns:1fr}"
    "main{padding:1.2rem 1rem}}\n";

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
    for (int i = 0; i < 8; i++)
        text_add(t,
                 "svg .line.s%d,svg .whisker.s%d{stroke:var(--s%d)}"
                 "svg .dot.s%d,svg .note.s%d{fill:var(--s%d)}"
                 ".key.s%d{background:var(--s%d)}\n",
                 i, i, i, i, i, i, i, i);
    page_put(t, "</style>\n</head>\n<body>\n<main>\n");
}

void page_close(struct text *t)
{
    page_put(t, "</main>\n</body>\n</html>\n");
}
