//! How pictures are shown in this terminal.

use crate::ConsoleError;
use crate::input::Input;
use image::{DynamicImage, ImageReader, Limits, imageops::FilterType};
use ratatui::layout::Size;
use ratatui_image::picker::ProtocolType;
use ratatui_image::picker::cap_parser::{Parser, QueryStdioOptions, Response};
use ratatui_image::protocol::{
    Protocol as Encoded, halfblocks::Halfblocks, iterm2::Iterm2, kitty::Kitty, sixel::Sixel,
};
use ratatui_image::{FontSize, Resize};
use std::env;
use std::io::Cursor;
use std::str::FromStr;
use std::time::Duration;

/// How long a terminal may take to say what it can; far ones need more than near ones.
const ANSWER: Duration = Duration::from_millis(1000);

/// Largest width and height of a picture that is decoded, in pixels, and most memory for it, in bytes.
const MOST_PIXELS: u32 = 16_384;
const MOST_MEMORY: u64 = 512 * 1024 * 1024;

/// A way to show pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// kitty's graphics protocol with Unicode placeholders.
    Kitty,
    /// Sixel.
    Sixel,
    /// iTerm2's inline pictures.
    Iterm2,
    /// Coloured half-blocks; every terminal with colours can.
    HalfBlocks,
}

impl Protocol {
    /// The word used for `--protocol`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Kitty => "kitty",
            Self::Sixel => "sixel",
            Self::Iterm2 => "iterm2",
            Self::HalfBlocks => "half-blocks",
        }
    }
}

impl FromStr for Protocol {
    type Err = ConsoleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "kitty" => Ok(Self::Kitty),
            "sixel" => Ok(Self::Sixel),
            "iterm2" => Ok(Self::Iterm2),
            "half-blocks" | "halfblocks" => Ok(Self::HalfBlocks),
            _ => Err(ConsoleError::UnknownProtocol(text.to_owned())),
        }
    }
}

/// What this terminal can show.
#[derive(Clone, Copy, Debug)]
pub struct Graphics {
    protocol: Protocol,
    font: FontSize,
    /// True when any colour can be named, false when only the palette of 256.
    true_colour: bool,
}

impl Graphics {
    /// Pictures by `protocol`, for a terminal that cannot be asked: cells of 10 by 20 pixels, colours as the
    /// environment says.
    #[must_use]
    pub fn assumed(protocol: Protocol) -> Self {
        Self {
            protocol,
            font: FontSize::new(10, 20),
            true_colour: true_colour(|name| env::var(name).ok()),
        }
    }

    /// Asks the terminal on standard input and output what it can, unless `forced` says what to use; takes at most
    /// one second. Half-blocks where it does not answer. Standard input is put into raw mode for that time.
    ///
    /// # Errors
    /// [`ConsoleError::NotATerminal`], or when raw mode cannot be had.
    pub fn detect(forced: Option<Protocol>) -> Result<Self, ConsoleError> {
        if !Input::is_terminal() {
            return Err(ConsoleError::NotATerminal);
        }
        crossterm::terminal::enable_raw_mode()?;
        let found = Self::detect_raw(forced);
        crossterm::terminal::disable_raw_mode()?;
        found
    }

    /// [`Self::detect`] in raw mode.
    pub(crate) fn detect_raw(forced: Option<Protocol>) -> Result<Self, ConsoleError> {
        let lookup = |name: &str| env::var(name).ok().filter(|v| !v.is_empty());
        let mut graphics = Self::assumed(forced.unwrap_or(Protocol::HalfBlocks));
        if let Some(font) = Input::size()?.font {
            graphics.font = font;
        }
        if lookup("TERM").is_none_or(|term| term == "dumb" || term == "linux") {
            return Ok(graphics);
        }
        // tmux answers for itself here (it is not bypassed), so what it cannot pass on is not used.
        let blacklist_protocols = if untrusted(lookup) {
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
        Input::ask_terminal(&question, ANSWER, |byte| {
            let new = parser.push(char::from(byte));
            let done = new.contains(&Response::Status);
            responses.extend(new);
            done
        })?;
        let answered = from_responses(&responses);
        graphics.font = answered.1.unwrap_or(graphics.font);
        if forced.is_none() {
            graphics.protocol = answered
                .0
                .or_else(|| speaks_iterm2(lookup).then_some(Protocol::Iterm2))
                .unwrap_or(Protocol::HalfBlocks);
        }
        Ok(graphics)
    }

    /// The protocol in use.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// True when half-blocks may name any colour.
    pub(crate) fn true_colour(&self) -> bool {
        self.true_colour
    }

    #[cfg(test)]
    pub(crate) fn set_true_colour(&mut self, true_colour: bool) {
        self.true_colour = true_colour;
    }

    /// The picture in the terminal's own form, as large as fits into `cells` with its proportions kept.
    /// `id` names it to kitty: the same id replaces the picture before.
    pub(crate) fn encode(
        &self,
        image: DynamicImage,
        cells: Size,
        id: u32,
    ) -> Result<Encoded, ConsoleError> {
        let resize = Resize::Scale(Some(FilterType::Triangle));
        // Half-blocks have one pixel across and two down in each cell, whatever the font: only its proportions count.
        let font = match self.protocol {
            Protocol::HalfBlocks => FontSize::new(
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
            // Half-blocks stretch the picture to the cells, by half a cell at most; there is no edge to fill.
            Protocol::HalfBlocks => image,
            _ => resize.resize(&image, font, size, None),
        };
        match self.protocol {
            Protocol::HalfBlocks => Halfblocks::new(fitted, size).map(Encoded::Halfblocks),
            Protocol::Sixel => Sixel::new(fitted, size, false).map(Encoded::Sixel),
            Protocol::Kitty => Kitty::new(fitted, size, id, false, false).map(Encoded::Kitty),
            Protocol::Iterm2 => Iterm2::new(fitted, size, false).map(Encoded::ITerm2),
        }
        .map_err(|error| ConsoleError::Encode {
            protocol: self.protocol.word(),
            reason: error.to_string(),
        })
    }
}

/// Decodes a picture (WebP or PNG), refusing absurd sizes before memory is taken.
pub(crate) fn decode(bytes: &[u8]) -> Result<DynamicImage, ConsoleError> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(image::ImageError::IoError)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PIXELS);
    limits.max_image_height = Some(MOST_PIXELS);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    Ok(reader.decode()?)
}

fn from_responses(responses: &[Response]) -> (Option<Protocol>, Option<FontSize>) {
    let protocol = if responses.contains(&Response::Kitty) {
        Some(Protocol::Kitty)
    } else if responses.contains(&Response::Sixel) {
        Some(Protocol::Sixel)
    } else {
        None
    };
    let font = responses.iter().find_map(|response| match response {
        Response::CellSize(Some(size)) => Some(FontSize::from(*size)),
        _ => None,
    });
    (protocol, font)
}

/// Terminals that claim kitty's or sixel's protocol and show it wrongly.
fn untrusted(lookup: impl Fn(&str) -> Option<String>) -> bool {
    lookup("WEZTERM_EXECUTABLE").is_some() || lookup("KONSOLE_VERSION").is_some()
}

/// Terminals that show iTerm2's pictures but cannot be asked about it.
fn speaks_iterm2(lookup: impl Fn(&str) -> Option<String>) -> bool {
    let program = lookup("TERM_PROGRAM").unwrap_or_default();
    ["iTerm", "WezTerm", "mintty"]
        .iter()
        .any(|name| program.contains(name))
        || lookup("LC_TERMINAL").is_some_and(|t| t.contains("iTerm"))
}

/// Whether the terminal can be given any colour.
fn true_colour(lookup: impl Fn(&str) -> Option<String>) -> bool {
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
        let (protocol, font) = from_responses(&both);
        assert_eq!(protocol, Some(Protocol::Kitty));
        assert_eq!(font.map(|f| (f.width, f.height)), Some((9, 18)));
        assert_eq!(from_responses(&both[..1]).0, Some(Protocol::Sixel));
        assert_eq!(from_responses(&[]).0, None);
    }

    #[test]
    fn protocols_read_back_from_their_words() {
        for protocol in [
            Protocol::Kitty,
            Protocol::Sixel,
            Protocol::Iterm2,
            Protocol::HalfBlocks,
        ] {
            assert_eq!(protocol.word().parse::<Protocol>().unwrap(), protocol);
        }
        assert!("ascii".parse::<Protocol>().is_err());
    }

    #[test]
    fn what_is_no_picture_is_an_error() {
        assert!(matches!(
            decode(b"no picture"),
            Err(ConsoleError::Picture(_))
        ));
    }
}
