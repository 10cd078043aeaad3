/* cfitsio, for tests and benchmarks: does what a line on standard input says, and answers how many seconds it took.
 *
 *   read FILE                 the first image, as float
 *   window FILE X Y SIDE      a square of it; 0-based
 *   folder FOLDER N           0.fits, 1.fits, ..., all N of them
 *   dump FILE OUT             the first image, as double, undefined pixels as NaN, into a file
 */
#include <fitsio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void check(int status)
{
	if (status) {
		fits_report_error(stderr, status);
		exit(1);
	}
}

/* pixels_of returns the pixels of the first image, as a type that takes so many bytes, and their number. */
static void *pixels_of(const char *name, int type, size_t bytes, void *undefined, long *pixels)
{
	fitsfile *f;
	int status = 0, axes, k, any;
	long n[9], first[9];
	void *image;

	fits_open_image(&f, name, READONLY, &status);
	fits_get_img_dim(f, &axes, &status);
	fits_get_img_size(f, 9, n, &status);
	check(status);
	*pixels = 1;
	for (k = 0; k < axes; k++) {
		*pixels *= n[k];
		first[k] = 1;
	}
	image = malloc(*pixels * bytes);
	fits_read_pix(f, type, first, *pixels, undefined, image, &any, &status);
	fits_close_file(f, &status);
	check(status);
	return image;
}

static void whole(const char *name)
{
	long pixels;

	free(pixels_of(name, TFLOAT, sizeof(float), NULL, &pixels));
}

static void window(const char *name, long x, long y, long side)
{
	fitsfile *f;
	int status = 0;
	long first[2] = {x + 1, y + 1}, last[2] = {x + side, y + side}, step[2] = {1, 1};
	float *image = malloc(side * side * sizeof *image);

	fits_open_image(&f, name, READONLY, &status);
	fits_read_subset(f, TFLOAT, first, last, step, NULL, image, NULL, &status);
	fits_close_file(f, &status);
	check(status);
	free(image);
}

static void dump(const char *name, const char *to)
{
	FILE *out = fopen(to, "wb");
	long pixels;
	double undefined = NAN, *image = pixels_of(name, TDOUBLE, sizeof *image, &undefined, &pixels);

	if (!out || fwrite(image, sizeof *image, pixels, out) != (size_t)pixels || fclose(out))
		exit(1);
	free(image);
}

int main(void)
{
	char line[4096], name[4096], to[4096];
	long x, y, side, i, n;
	struct timespec a, b;

	while (fgets(line, sizeof line, stdin)) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		if (sscanf(line, "read %4095s", name) == 1)
			whole(name);
		else if (sscanf(line, "window %4095s %ld %ld %ld", name, &x, &y, &side) == 4)
			window(name, x, y, side);
		else if (sscanf(line, "folder %4095s %ld", name, &n) == 2)
			for (i = 0; i < n; i++) {
				char file[5000];
				snprintf(file, sizeof file, "%s/%ld.fits", name, i);
				whole(file);
			}
		else if (sscanf(line, "dump %4095s %4095s", name, to) == 2)
			dump(name, to);
		else
			return 1;
		clock_gettime(CLOCK_MONOTONIC, &b);
		printf("%.9f\n", b.tv_sec - a.tv_sec + 1e-9 * (b.tv_nsec - a.tv_nsec));
		fflush(stdout);
	}
	return 0;
}
