/* Prints every column of every table of the files named, as cfitsio reads them and columns.py spells them; a compressed
 * table as the one that it was. */
#include <fitsio.h>
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *zeros(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);
	if (!p)
		exit(1);
	return p;
}

static void print_text(const char *s)
{
	size_t i, n = strlen(s);

	while (n && s[n - 1] == ' ')
		n--;
	putchar('\'');
	for (i = 0; i < n; i++)
		if (isalnum((unsigned char)s[i]))
			putchar(s[i]);
		else
			printf("%%%02X", (unsigned char)s[i]);
}

static void print_number(double v)
{
	uint64_t bits;

	if (isnan(v))
		putchar('-');
	else if (fabs(v) < 9007199254740992.0 && v == trunc(v) && !(v == 0 && signbit(v)))
		printf("%.0f", v);
	else {
		memcpy(&bits, &v, 8);
		printf("x%016llx", (unsigned long long)bits);
	}
}

/* print_cell prints n elements of a cell, read as a type; a text has up to so many characters. */
static int print_cell(fitsfile *f, int column, int type, long row, long n, long width)
{
	int status = 0, any, table;
	long i;
	char *undefined = zeros(n, 1), *text = zeros(width + 1, 1);
	double *values = zeros(n, sizeof *values);

	fits_get_hdu_type(f, &table, &status);
	for (i = 0; i < n && !status; i++) {
		if (type == TSTRING)
			width ? fits_read_colnull(f, type, column, row, i + 1, 1, &text, undefined + i, &any, &status) : 0;
		else if (!i && type == TBIT)
			fits_read_col_bit(f, column, row, 1, n, (char *)values, &status);
		else if (!i)
			fits_read_colnull(f, type, column, row, 1, n, values, undefined, &any, &status);
		if (i)
			putchar(',');
		if (type == TSTRING && undefined[i] && table == BINARY_TBL)
			print_text(""); /* begins with NUL */
		else if (undefined[i])
			putchar('-');
		else if (type == TSTRING)
			print_text(text);
		else if (type == TLOGICAL || type == TBIT)
			putchar(((char *)values)[i] ? 'T' : 'F');
		else if (type == TLONGLONG)
			printf("%lld", ((long long *)values)[i]);
		else if (type == TULONGLONG)
			printf("%llu", ((unsigned long long *)values)[i]);
		else
			print_number(values[i]);
	}
	free(undefined);
	free(text);
	free(values);
	return status;
}

static double real_key(fitsfile *f, const char *name, int column, double otherwise)
{
	char key[FLEN_KEYWORD];
	double value;
	int status = 0;

	sprintf(key, "%s%d", name, column);
	return fits_read_key(f, TDOUBLE, key, &value, NULL, &status) ? otherwise : value;
}

static void print_name(fitsfile *f, int column)
{
	char key[FLEN_KEYWORD], name[FLEN_VALUE];
	int status = 0;

	sprintf(key, "TTYPE%d", column);
	if (fits_read_key(f, TSTRING, key, name, NULL, &status) || !*name)
		sprintf(name, "col%d", column);
	printf("%s\t", name);
}

static int print_column(fitsfile *f, int column, long rows)
{
	int status = 0, type, kind = TDOUBLE;
	long row, repeat, width, n, at;
	double scale = real_key(f, "TSCAL", column, 1), zero = real_key(f, "TZERO", column, 0);

	fits_get_coltype(f, column, &type, &repeat, &width, &status);
	switch (abs(type)) {
	case TSTRING:
	case TBIT:
	case TLOGICAL:
		kind = abs(type);
		break;
	case TLONGLONG:
	case TULONGLONG:
		if (scale == 1 && (zero == 0 || zero == 9223372036854775808.0))
			kind = zero ? TULONGLONG : TLONGLONG;
	}
	for (row = 1; row <= rows && !status; row++) {
		if (row > 1)
			putchar(' ');
		n = repeat;
		if (type < 0) {
			fits_read_descript(f, column, row, &n, &at, &status);
			putchar('[');
		}
		if (kind == TSTRING && type < 0) {
			width = n;
			n = 1;
		} else if (kind == TSTRING)
			n = width && repeat > width ? repeat / width : 1;
		else if (abs(type) == TCOMPLEX || abs(type) == TDBLCOMPLEX)
			n *= 2;
		if (!status)
			status = print_cell(f, column, kind, row, n, width);
		if (type < 0)
			putchar(']');
	}
	return status;
}

int main(int argc, char **argv)
{
	int k, h;

	for (k = 1; k < argc; k++) {
		fitsfile *f;
		int status = 0, hdus = 0;

		if (fits_open_diskfile(&f, argv[k], READONLY, &status))
			continue;
		fits_get_num_hdus(f, &hdus, &status);
		for (h = 1; h <= hdus; h++) {
			int type, columns, column, packed = 0, none = 0, failed = 0;
			long rows;
			fitsfile *table = f;

			status = 0;
			if (fits_movabs_hdu(f, h, &type, &status) || type == IMAGE_HDU || fits_is_compressed_image(f, &none))
				continue;
			if (!fits_read_key(f, TLOGICAL, "ZTABLE", &packed, NULL, &none) && packed) {
				fits_create_file(&table, "mem://", &status);
				fits_uncompress_table(f, table, &status);
			}
			fits_get_num_rows(table, &rows, &status);
			fits_get_num_cols(table, &columns, &status);
			for (column = 1; column <= columns && !status; column++) {
				printf("%s\t%d\t%d\t", argv[k], h - 1, column);
				print_name(table, column);
				if ((failed = print_column(table, column, rows)))
					printf(" ! %d", failed);
				putchar('\n');
			}
			if (table != f)
				fits_close_file(table, &status);
		}
		status = 0;
		fits_close_file(f, &status);
	}
	return 0;
}
