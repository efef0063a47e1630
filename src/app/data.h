#ifndef APP_DATA_H
#define APP_DATA_H

/* fmcib-data SUB [options]: the subcommands. Each is a file data_<sub>.c (or
 * a few) with one function of the kind of main: argv[0] is the subcommand, the
 * result is the exit status. Most are made of tool_main (app/tool.h); one that
 * fills a run folder from keys uses run_main. A row in data.c, the sources in
 * data.cmake. */

/* list [ID...]: what data sets and models there are. */
int data_list(int argc, char **argv);

/* fetch ID[/PATH]...: the files of manifests, from where they are published. */
int data_fetch(int argc, char **argv);

/* verify DIR: a folder held against its manifest. */
int data_verify(int argc, char **argv);

/* hash DIR: the manifest of what lies in a folder. */
int data_hash(int argc, char **argv);

/* build SET TABLE...: the study's lists from its tables. */
int data_build(int argc, char **argv);

/* check LIST...: lists held against their volumes. */
int data_check(int argc, char **argv);

/* volumes PNG_DIR DL_INFO: DeepLesion's pictures to volumes. */
int data_volumes(int argc, char **argv);

/* subset LIST: nested parts of a list. */
int data_subset(int argc, char **argv);

/* perturb LIST: lists with the seeds moved, one a trial. */
int data_perturb(int argc, char **argv);

#endif
