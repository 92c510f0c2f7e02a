//! Pixels of a thorax that does not exist: air, fat, muscle, lungs, heart, vessels, spine, ribs and the table under
//! it, with noise, so that it windows, scrolls and compresses like a CT.

/// An ellipse of one density. Centre and radii are fractions of the image's side, density in Hounsfield units.
struct Ellipse {
    x: f32,
    y: f32,
    rx: f32,
    ry: f32,
    hu: i16,
}

const AIR: i16 = -1000;

/// One slice as Hounsfield units, row by row. `position` runs from 0.0 (upper end of the chest) to 1.0 (liver);
/// `seed` chooses the noise.
pub fn ct_slice(rows: u16, columns: u16, position: f32, seed: u64) -> Vec<i16> {
    let (rows, columns) = (usize::from(rows), usize::from(columns));
    let mut pixels = vec![AIR; rows * columns];
    paint_table(&mut pixels, rows, columns);
    for ellipse in anatomy(position) {
        paint(&mut pixels, rows, columns, &ellipse);
    }
    add_noise(&mut pixels, seed ^ u64::from(position.to_bits()));
    pixels
}

/// The same slice as 8-bit averages over blocks of 8x8 pixels, window 40/400; what the JPEG frames show.
pub fn thorax_mosaic(rows: u16, columns: u16, position: f32) -> Vec<u8> {
    let (block_rows, block_columns) = (rows.div_ceil(8), columns.div_ceil(8));
    let small = ct_slice(block_rows, block_columns, position, 1);
    small.into_iter().map(|hu| ((i32::from(hu) + 160).clamp(0, 400) * 255 / 400) as u8).collect()
}

fn anatomy(position: f32) -> Vec<Ellipse> {
    let swell = 1.0 + 0.06 * (position * std::f32::consts::PI).sin();
    let lung = (1.0 - (position - 0.42).powi(2) * 3.2).max(0.0);
    let heart = (1.0 - (position - 0.62).powi(2) * 14.0).max(0.0);
    let liver = ((position - 0.62) * 3.0).clamp(0.0, 1.0);
    let mut shapes = vec![
        Ellipse { x: 0.50, y: 0.50, rx: 0.43 * swell, ry: 0.31 * swell, hu: -95 },
        Ellipse { x: 0.50, y: 0.50, rx: 0.405 * swell, ry: 0.285 * swell, hu: 52 },
        Ellipse { x: 0.31, y: 0.49, rx: 0.145 * lung, ry: 0.215 * lung, hu: -860 },
        Ellipse { x: 0.69, y: 0.49, rx: 0.145 * lung, ry: 0.215 * lung, hu: -845 },
        Ellipse { x: 0.55, y: 0.42, rx: 0.125 * heart, ry: 0.105 * heart, hu: 46 },
        Ellipse { x: 0.57, y: 0.42, rx: 0.065 * heart, ry: 0.055 * heart, hu: 168 },
        Ellipse { x: 0.34, y: 0.47, rx: 0.19 * liver, ry: 0.18 * liver, hu: 72 },
        Ellipse { x: 0.68, y: 0.44, rx: 0.10 * liver, ry: 0.09 * liver, hu: 25 },
        Ellipse { x: 0.475, y: 0.56, rx: 0.030, ry: 0.030, hu: 190 },
        Ellipse { x: 0.50, y: 0.33, rx: 0.020, ry: 0.027, hu: -980 },
        Ellipse { x: 0.50, y: 0.655, rx: 0.052, ry: 0.048, hu: 310 },
        Ellipse { x: 0.50, y: 0.655, rx: 0.040, ry: 0.036, hu: 210 },
        Ellipse { x: 0.50, y: 0.718, rx: 0.021, ry: 0.019, hu: 30 },
        Ellipse { x: 0.50, y: 0.755, rx: 0.012, ry: 0.026, hu: 620 },
    ];
    shapes.extend(vessels(position, lung));
    shapes.extend(ribs(position, swell));
    shapes
}

fn vessels(position: f32, lung: f32) -> impl Iterator<Item = Ellipse> {
    (0..14).map(move |number| {
        let turn = number as f32 * 0.897 + position * 4.0;
        let side = if number % 2 == 0 { 0.31 } else { 0.69 };
        let reach = 0.02 + 0.0085 * (number / 2) as f32;
        let radius = (0.0085 - 0.0004 * number as f32) * lung;
        Ellipse { x: side + reach * turn.cos(), y: 0.49 + 1.6 * reach * turn.sin(), rx: radius, ry: radius, hu: 40 }
    })
}

fn ribs(position: f32, swell: f32) -> impl Iterator<Item = Ellipse> {
    (0..12).map(move |number| {
        let turn = number as f32 * std::f32::consts::TAU / 12.0 + position * 1.9;
        let (x, y) = (0.5 + 0.375 * swell * turn.cos(), 0.5 + 0.258 * swell * turn.sin());
        Ellipse { x, y, rx: 0.024, ry: 0.012, hu: 540 }
    })
}

fn paint(pixels: &mut [i16], rows: usize, columns: usize, ellipse: &Ellipse) {
    let (cx, cy) = (ellipse.x * columns as f32, ellipse.y * rows as f32);
    let (rx, ry) = (ellipse.rx * columns as f32, ellipse.ry * rows as f32);
    if rx <= 0.0 || ry <= 0.0 {
        return;
    }
    let last = ((cy + ry).ceil().max(0.0) as usize).min(rows);
    for row in (cy - ry).floor().max(0.0) as usize..last {
        let across = 1.0 - ((row as f32 - cy) / ry).powi(2);
        if across <= 0.0 {
            continue;
        }
        let half = rx * across.sqrt();
        let from = (cx - half).max(0.0) as usize;
        let to = ((cx + half).max(0.0) as usize).min(columns);
        if from < to {
            pixels[row * columns + from..row * columns + to].fill(ellipse.hu);
        }
    }
}

/// The couch: two thin curved shells below the patient.
fn paint_table(pixels: &mut [i16], rows: usize, columns: usize) {
    for column in columns / 8..columns * 7 / 8 {
        let off_centre = (column as f32 / columns as f32 - 0.5) * 2.0;
        for (depth, hu) in [(0.845, 140), (0.90, -40)] {
            let row = ((depth - 0.05 * off_centre * off_centre) * rows as f32) as usize;
            for line in row..(row + rows.div_ceil(170)).min(rows) {
                pixels[line * columns + column] = hu;
            }
        }
    }
}

/// Noise of about 12 HU: the sum of four bytes of a small generator, near enough to a bell.
fn add_noise(pixels: &mut [i16], seed: u64) {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for pixel in pixels {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let sum: u16 = state.to_le_bytes()[..4].iter().map(|&byte| u16::from(byte)).sum();
        *pixel = (*pixel + (sum as i16 - 510) / 12).clamp(-1024, 3071);
    }
}
