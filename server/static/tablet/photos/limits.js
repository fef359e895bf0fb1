// Limits of technique for photos.

export const PHOTO_LONGEST_PX = 1600; // a plate at 15 m and a display at 1 m can be read, at a tenth of the bytes
export const PHOTO_MOST_BYTES = 350 * 1024; // three photos go over a 2G line (some 40 kbit/s) in four minutes
export const PHOTO_MOST_PIXELS = 64_000_000; // as the server; unpacked it takes 256 MB, more a cheap tablet has not
