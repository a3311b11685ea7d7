//! Prints one image where the cursor is.

use crate::error::ConsoleError;
use crate::graphics::{GraphicsProtocol, TerminalGraphics, decode_image};
use crate::input::TerminalInput;
use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use ratatui::layout::{Rect, Size};
use ratatui::style::Color;
use ratatui::widgets::Widget;
use ratatui_image::Image;
use std::fmt::Write as _;
use std::io::Write;

/// Prints an encoded image (WebP or PNG) to `out`, at most `cells` (columns, rows) large, and ends the line.
///
/// # Errors
/// When the image cannot be decoded or encoded for the terminal, or writing fails.
pub fn print_image(
    out: &mut impl Write,
    bytes: &[u8],
    graphics: &TerminalGraphics,
    cells: (u16, u16),
) -> Result<(), ConsoleError> {
    let image = decode_image(bytes)?;
    let cells = Size::new(cells.0.max(1), cells.1.max(1));
    // An image printed here stays in the scrollback, so each has its own number.
    let id = std::process::id().rotate_left(8) ^ (bytes.len() as u32);
    let encoded = graphics.encode_image(image, cells, id)?;
    let area = Rect::from((ratatui::layout::Position::ORIGIN, encoded.size()));
    let mut buffer = Buffer::empty(area);
    Image::new(&encoded).render(area, &mut buffer);
    if !graphics.has_true_colour() && graphics.protocol() == GraphicsProtocol::HalfBlocks {
        reduce_to_palette(&mut buffer, area);
    }
    out.write_all(buffer_to_text(&buffer, graphics.protocol()).as_bytes())?;
    out.flush()?;
    Ok(())
}

/// The area for an image in the terminal on standard output, in columns and rows: all of it but three rows, or
/// 80 by 21 when its size is unknown.
#[must_use]
pub fn terminal_area() -> (u16, u16) {
    match TerminalInput::terminal_size() {
        Ok(size) if size.cells.width > 0 && size.cells.height > 3 => {
            (size.cells.width, size.cells.height - 3)
        }
        _ => (80, 21),
    }
}

/// The buffer as text with colours, row by row.
fn buffer_to_text(buffer: &Buffer, protocol: GraphicsProtocol) -> String {
    let area = buffer.area;
    let mut out = String::new();
    // Writing into a String cannot fail, so the results are dropped throughout.
    if matches!(protocol, GraphicsProtocol::Sixel | GraphicsProtocol::Iterm2) {
        // One sequence draws everything. It must not scroll half-way, so line feeds make the rows first; then the
        // cursor goes up, the image is drawn, and the cursor goes below it.
        let rows = area.height;
        out.push_str(&"\r\n".repeat(rows.into()));
        let _ = write!(out, "\x1b[{rows}A\x1b7");
        out.push_str(buffer[(area.x, area.y)].symbol());
        let _ = write!(out, "\x1b8\x1b[{rows}B\r");
        return out;
    }
    for y in area.top()..area.bottom() {
        let mut colours = (Color::Reset, Color::Reset);
        for x in area.left()..area.right() {
            let cell: &Cell = &buffer[(x, y)];
            if cell.diff_option == CellDiffOption::Skip {
                continue;
            }
            if (cell.fg, cell.bg) != colours {
                colours = (cell.fg, cell.bg);
                let _ = write!(
                    out,
                    "\x1b[0{}{}m",
                    sgr_colour(38, cell.fg),
                    sgr_colour(48, cell.bg)
                );
            }
            out.push_str(cell.symbol());
        }
        out.push_str("\x1b[0m\r\n");
    }
    out
}

/// The parameters that select a colour (SGR, ISO 8613-6); nothing for the terminal's own.
fn sgr_colour(kind: u8, colour: Color) -> String {
    match colour {
        Color::Rgb(r, g, b) => format!(";{kind};2;{r};{g};{b}"),
        Color::Indexed(n) => format!(";{kind};5;{n}"),
        _ => String::new(),
    }
}

/// Replaces every RGB colour by the nearest of the palette of 256.
pub(crate) fn reduce_to_palette(buffer: &mut Buffer, area: Rect) {
    for position in area.positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.fg = nearest_palette_colour(cell.fg);
            cell.bg = nearest_palette_colour(cell.bg);
        }
    }
}

/// The nearest colour of xterm's 6×6×6 cube, whose steps are 0, 95, 135, 175, 215 and 255.
fn nearest_palette_colour(colour: Color) -> Color {
    let Color::Rgb(r, g, b) = colour else {
        return colour;
    };
    let step = |v: u8| match v {
        0..=47 => 0,
        48..=114 => 1,
        _ => (v - 35) / 40,
    };
    Color::Indexed(16 + 36 * step(r) + 6 * step(g) + step(b))
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
    use std::io::Cursor;

    /// 40 by 40 pixels: red above, blue below.
    pub(crate) fn red_over_blue(format: ImageFormat) -> Vec<u8> {
        let image = RgbImage::from_fn(40, 40, |_, y| {
            if y < 20 {
                Rgb([255, 0, 0])
            } else {
                Rgb([0, 0, 255])
            }
        });
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::from(image)
            .write_to(&mut bytes, format)
            .unwrap();
        bytes.into_inner()
    }

    fn print_test_image(protocol: GraphicsProtocol, format: ImageFormat) -> String {
        let mut graphics = TerminalGraphics::assume_protocol(protocol);
        graphics.set_true_colour(true);
        let mut out = Vec::new();
        print_image(&mut out, &red_over_blue(format), &graphics, (10, 10)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn half_blocks_have_the_images_colours() {
        let text = print_test_image(GraphicsProtocol::HalfBlocks, ImageFormat::WebP);
        // Cells are twice as high as wide: 10 columns are 5 rows, so the middle one is half red and half blue.
        let rows: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(rows.len(), 5);
        assert_eq!(
            rows[0],
            format!("\x1b[0;38;2;255;0;0;48;2;255;0;0m{}\x1b[0m", " ".repeat(10))
        );
        assert_eq!(
            rows[4],
            format!("\x1b[0;38;2;0;0;255;48;2;0;0;255m{}\x1b[0m", " ".repeat(10))
        );
        assert!(rows[2].contains('▀'), "{:?}", rows[2]);
    }

    #[test]
    fn sixels_have_the_images_colours_and_size() {
        let text = print_test_image(GraphicsProtocol::Sixel, ImageFormat::Png);
        assert!(
            text.starts_with("\r\n\r\n\r\n\r\n\r\n\x1b[5A\x1b7"),
            "rows are made first: {text:?}"
        );
        let sixel = &text[text.find("\x1bP").unwrap()..text.find("\x1b\\").unwrap()];
        assert!(
            sixel.contains("\"1;1;100;100"),
            "100 by 100 pixels: {}",
            &sixel[..60]
        );
        // Colours are given in percent: some colour must be red, some blue.
        let colours: Vec<Vec<u32>> = sixel
            .split('#')
            .filter_map(|part| part.split_once(";2;"))
            .map(|(_, rgb)| {
                rgb.split(';')
                    .map(|n| {
                        n.chars()
                            .take_while(char::is_ascii_digit)
                            .collect::<String>()
                    })
                    .filter_map(|n| n.parse().ok())
                    .collect()
            })
            .collect();
        assert!(colours.iter().any(|c| c[..3] == [100, 0, 0]), "{colours:?}");
        assert!(colours.iter().any(|c| c[..3] == [0, 0, 100]), "{colours:?}");
    }

    #[test]
    fn kitty_gets_the_pixels_once_and_a_placeholder_for_each_cell() {
        let text = print_test_image(GraphicsProtocol::Kitty, ImageFormat::Png);
        assert_eq!(text.matches("a=T,U=1,f=32").count(), 1);
        assert_eq!(text.matches('\u{10EEEE}').count(), 50);
    }

    #[test]
    fn few_colours_are_enough() {
        let mut graphics = TerminalGraphics::assume_protocol(GraphicsProtocol::HalfBlocks);
        graphics.set_true_colour(false);
        let mut out = Vec::new();
        print_image(
            &mut out,
            &red_over_blue(ImageFormat::Png),
            &graphics,
            (10, 10),
        )
        .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("38;5;196") && text.contains("48;5;21"),
            "{text:?}"
        );
        assert!(!text.contains(";2;"));
    }
}
