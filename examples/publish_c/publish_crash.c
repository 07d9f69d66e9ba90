/* publish_crash ENDPOINT KEYS KEY_NAME NODE TARGET SPOOL INPUT REPORT: what another fuzzer wrote, published.
 */
#include <fuzzmill/producer_c.h>
#include <stdio.h>
#include <stdlib.h>

static char* read_file(const char* path, size_t* size) {
  static const size_t most = 16u << 20; /* what the broker takes */
  FILE* file = fopen(path, "rb");
  char* bytes = malloc(most);
  if (file == NULL || bytes == NULL) {
    perror(path);
    exit(1);
  }
  *size = fread(bytes, 1, most, file);
  fclose(file);
  return bytes;
}

static int fail(const char* what) {
  fprintf(stderr, "%s: %s\n", what, fuzzmill_error_text());
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 9) {
    fprintf(stderr, "usage: publish_crash ENDPOINT KEYS KEY_NAME NODE TARGET SPOOL INPUT REPORT\n");
    return 2;
  }
  fuzzmill_options options;
  fuzzmill_options_init(&options);
  options.endpoint = argv[1];
  options.keys = argv[2];
  options.key_name = argv[3];
  options.node = argv[4];
  options.target = argv[5];
  options.spool = argv[6];
  fuzzmill_producer* producer = NULL;
  if (fuzzmill_producer_open(&options, &producer) != FUZZMILL_OK) return fail("open");

  fuzzmill_crash crash;
  fuzzmill_crash_init(&crash);
  char* input = read_file(argv[7], &crash.input_size);
  char* report = read_file(argv[8], &crash.report_size);
  crash.input = input;
  crash.report = report;
  int is_new = 0;
  if (fuzzmill_producer_crash(producer, &crash, &is_new) != FUZZMILL_OK) return fail("publish");
  puts(is_new ? "published" : "published before");
  if (fuzzmill_producer_drain(producer, 30000) != FUZZMILL_OK) return fail("drain");
  fuzzmill_producer_close(producer);
  free(input);
  free(report);
  return 0;
}
