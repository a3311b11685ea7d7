//! The graphics protocol of this terminal, and images encoded for it.

use crate::error::ConsoleError;
use crate::input::TerminalInput;
use image::{DynamicImage, ImageReader, Limits, imageops::FilterType};
use ratatui::layout::Size;
use ratatui_image::picker::ProtocolType;
use ratatui_image::picker::cap_parser::{Parser, QueryStdioOptions, Response};
use ratatui_image::protocol::{
    Protocol as EncodedImage, halfblocks::Halfblocks, iterm2::Iterm2, kitty::Kitty, sixel::Sixel,
};
use ratatui_image::{FontSize, Resize};
use std::env;
use std::io::Cursor;
use std::time::Duration;
use strum::{EnumString, IntoStaticStr};

/// How long a terminal may take to report its abilities; remote ones need longer.
const QUERY_TIMEOUT: Duration = Duration::from_millis(1000);

/// Largest width and height of an image that is decoded, in pixels.
const MAX_PIXELS: u32 = 16_384;

/// Most memory that decoding an image may take, in bytes.
const MAX_MEMORY: u64 = 512 * 1024 * 1024;

/// A protocol by which a terminal shows images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum GraphicsProtocol {
    /// kitty's graphics protocol with Unicode placeholders.
    Kitty,
    /// Sixel.
    Sixel,
    /// iTerm2's inline images.
    Iterm2,
    /// Coloured half-blocks; every terminal with colours shows them.
    HalfBlocks,
}

/// The graphics abilities of this terminal.
#[derive(Clone, Copy, Debug)]
pub struct TerminalGraphics {
    protocol: GraphicsProtocol,
    font: FontSize,
    /// True when the terminal shows any colour, false when only the palette of 256.
    true_colour: bool,
}

impl TerminalGraphics {
    /// Assumes `protocol`, for a terminal that cannot be asked: cells of 10 by 20 pixels, colours from the
    /// environment.
    #[must_use]
    pub fn assume_protocol(protocol: GraphicsProtocol) -> Self {
        Self {
            protocol,
            font: FontSize::new(10, 20),
            true_colour: supports_true_colour(|name| env::var(name).ok()),
        }
    }

    /// Asks the terminal on standard input and output for its abilities, unless `forced` names the protocol; takes at
    /// most one second. Half-blocks where it does not answer. Standard input is in raw mode meanwhile.
    ///
    /// # Errors
    /// [`ConsoleError::NotATerminal`], or when raw mode cannot be switched on.
    pub fn detect(forced: Option<GraphicsProtocol>) -> Result<Self, ConsoleError> {
        if !TerminalInput::is_terminal() {
            return Err(ConsoleError::NotATerminal);
        }
        crossterm::terminal::enable_raw_mode()?;
        let found = Self::detect_raw(forced);
        crossterm::terminal::disable_raw_mode()?;
        found
    }

    /// [`Self::detect`] for a terminal that is in raw mode already.
    pub(crate) fn detect_raw(forced: Option<GraphicsProtocol>) -> Result<Self, ConsoleError> {
        let lookup = |name: &str| env::var(name).ok().filter(|v| !v.is_empty());
        let mut graphics = Self::assume_protocol(forced.unwrap_or(GraphicsProtocol::HalfBlocks));
        if let Some(font) = TerminalInput::terminal_size()?.font {
            graphics.font = font;
        }
        if lookup("TERM").is_none_or(|term| term == "dumb" || term == "linux") {
            return Ok(graphics);
        }
        // tmux answers for itself here (it is not bypassed), so a protocol that it cannot pass on is not used.
        let blacklist_protocols = if shows_graphics_wrongly(lookup) {
            vec![ProtocolType::Kitty, ProtocolType::Sixel]
        } else {
            Vec::new()
        };
        let question = Parser::query(
            false,
            QueryStdioOptions {
                blacklist_protocols,
                ..QueryStdioOptions::default()
            },
        );
        let mut parser = Parser::new();
        let mut responses = Vec::new();
        TerminalInput::query_terminal(&question, QUERY_TIMEOUT, |byte| {
            let new = parser.push(char::from(byte));
            let done = new.contains(&Response::Status);
            responses.extend(new);
            done
        })?;
        let (protocol, font) = parse_responses(&responses);
        graphics.font = font.unwrap_or(graphics.font);
        if forced.is_none() {
            graphics.protocol = protocol
                .or_else(|| supports_iterm2(lookup).then_some(GraphicsProtocol::Iterm2))
                .unwrap_or(GraphicsProtocol::HalfBlocks);
        }
        Ok(graphics)
    }

    /// The protocol in use.
    #[must_use]
    pub fn protocol(&self) -> GraphicsProtocol {
        self.protocol
    }

    /// True when half-blocks may have any colour.
    pub(crate) fn has_true_colour(&self) -> bool {
        self.true_colour
    }

    #[cfg(test)]
    pub(crate) fn set_true_colour(&mut self, true_colour: bool) {
        self.true_colour = true_colour;
    }

    /// Encodes the image for the terminal, as large as fits into `cells` with its proportions kept. `id` is the
    /// image's number in kitty's protocol: an image with the same number replaces the former one.
    pub(crate) fn encode_image(
        &self,
        image: DynamicImage,
        cells: Size,
        id: u32,
    ) -> Result<EncodedImage, ConsoleError> {
        let resize = Resize::Scale(Some(FilterType::Triangle));
        // Half-blocks have one pixel across and two down in each cell, whatever the font: only its proportions count.
        let font = match self.protocol {
            GraphicsProtocol::HalfBlocks => FontSize::new(
                8,
                (u32::from(self.font.height) * 8 / u32::from(self.font.width.max(1))).clamp(8, 32)
                    as u16,
            ),
            _ => self.font,
        };
        let size = resize.size_for(&image, font, cells);
        let size = Size::new(
            size.width.clamp(1, cells.width),
            size.height.clamp(1, cells.height),
        );
        let fitted = match self.protocol {
            // Half-blocks stretch the image to the cells, by half a cell at most; there is no edge to fill.
            GraphicsProtocol::HalfBlocks => image,
            _ => resize.resize(&image, font, size, None),
        };
        match self.protocol {
            GraphicsProtocol::HalfBlocks => {
                Halfblocks::new(fitted, size).map(EncodedImage::Halfblocks)
            }
            GraphicsProtocol::Sixel => Sixel::new(fitted, size, false).map(EncodedImage::Sixel),
            GraphicsProtocol::Kitty => {
                Kitty::new(fitted, size, id, false, false).map(EncodedImage::Kitty)
            }
            GraphicsProtocol::Iterm2 => Iterm2::new(fitted, size, false).map(EncodedImage::ITerm2),
        }
        .map_err(|error| ConsoleError::Encode {
            protocol: self.protocol.into(),
            reason: error.to_string(),
        })
    }
}

/// Decodes an image (WebP or PNG); sizes above the limits are refused before memory is allocated.
pub(crate) fn decode_image(bytes: &[u8]) -> Result<DynamicImage, ConsoleError> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(image::ImageError::IoError)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_PIXELS);
    limits.max_image_height = Some(MAX_PIXELS);
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    Ok(reader.decode()?)
}

fn parse_responses(responses: &[Response]) -> (Option<GraphicsProtocol>, Option<FontSize>) {
    let protocol = if responses.contains(&Response::Kitty) {
        Some(GraphicsProtocol::Kitty)
    } else if responses.contains(&Response::Sixel) {
        Some(GraphicsProtocol::Sixel)
    } else {
        None
    };
    let font = responses.iter().find_map(|response| match response {
        Response::CellSize(Some(size)) => Some(FontSize::from(*size)),
        _ => None,
    });
    (protocol, font)
}

/// True for terminals that claim kitty's or sixel's protocol and show it wrongly.
fn shows_graphics_wrongly(lookup: impl Fn(&str) -> Option<String>) -> bool {
    lookup("WEZTERM_EXECUTABLE").is_some() || lookup("KONSOLE_VERSION").is_some()
}

/// True for terminals that show iTerm2's images but cannot be asked about it.
fn supports_iterm2(lookup: impl Fn(&str) -> Option<String>) -> bool {
    let program = lookup("TERM_PROGRAM").unwrap_or_default();
    ["iTerm", "WezTerm", "mintty"]
        .iter()
        .any(|name| program.contains(name))
        || lookup("LC_TERMINAL").is_some_and(|t| t.contains("iTerm"))
}

/// True when the environment says that the terminal shows any colour.
fn supports_true_colour(lookup: impl Fn(&str) -> Option<String>) -> bool {
    let colorterm = lookup("COLORTERM").unwrap_or_default();
    let term = lookup("TERM").unwrap_or_default();
    colorterm == "truecolor"
        || colorterm == "24bit"
        || ["direct", "kitty", "foot", "alacritty", "tmux"]
            .iter()
            .any(|name| term.contains(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn kitty_comes_before_sixel_and_silence_means_neither() {
        let both = [
            Response::Sixel,
            Response::Kitty,
            Response::CellSize(Some((9, 18))),
        ];
        let (protocol, font) = parse_responses(&both);
        assert_eq!(protocol, Some(GraphicsProtocol::Kitty));
        assert_eq!(font.map(|f| (f.width, f.height)), Some((9, 18)));
        assert_eq!(parse_responses(&both[..1]).0, Some(GraphicsProtocol::Sixel));
        assert_eq!(parse_responses(&[]).0, None);
    }

    #[test]
    fn protocols_are_parsed_from_their_names() {
        for protocol in [
            GraphicsProtocol::Kitty,
            GraphicsProtocol::Sixel,
            GraphicsProtocol::Iterm2,
            GraphicsProtocol::HalfBlocks,
        ] {
            assert_eq!(
                <&str>::from(protocol).parse::<GraphicsProtocol>().unwrap(),
                protocol
            );
        }
        assert!("ascii".parse::<GraphicsProtocol>().is_err());
    }

    #[test]
    fn bytes_that_are_no_image_are_an_error() {
        assert!(matches!(
            decode_image(b"no image"),
            Err(ConsoleError::Image(_))
        ));
    }
}
