//! A typist: real key and button events through the XTEST extension.

use anyhow::{Context, Result, bail};
use std::time::{Duration, Instant};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, KEY_PRESS_EVENT,
    KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// X keycodes of the letters in the middle row (evdev layout): no modifier, no function key.
const LETTERS: [u8; 9] = [38, 39, 40, 41, 42, 43, 44, 45, 46];

/// A pointer button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// Primary.
    Left = 1,
    /// Middle, or the wheel pressed.
    Middle = 2,
    /// Secondary.
    Right = 3,
    /// Wheel one notch up.
    ScrollUp = 4,
    /// Wheel one notch down.
    ScrollDown = 5,
    /// Wheel one notch to the left.
    ScrollLeft = 6,
    /// Wheel one notch to the right.
    ScrollRight = 7,
    /// The "back" button on the side.
    Back = 8,
}

impl Button {
    /// Its number in X.
    fn code(self) -> u8 {
        self as u8
    }
}

/// Presses keys and buttons on one display.
pub struct Typist {
    conn: RustConnection,
    root: u32,
}

impl Typist {
    /// A typist at `display`.
    ///
    /// # Errors
    /// When the display is gone or has no XTEST extension.
    pub fn new(display: &str) -> Result<Self> {
        let (conn, screen) = x11rb::connect(Some(display))
            .with_context(|| format!("no connection to display {display}"))?;
        let root = conn.setup().roots[screen].root;
        conn.xtest_get_version(2, 2)?
            .reply()
            .context("the X server has no XTEST extension")?;
        Ok(Self { conn, root })
    }

    fn fake(&self, kind: u8, detail: u8) -> Result<()> {
        self.conn
            .xtest_fake_input(kind, detail, 0, self.root, 0, 0, 0)?;
        Ok(())
    }

    /// Waits until the server has processed everything sent so far.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn sync(&self) -> Result<()> {
        self.conn.get_input_focus()?.reply()?;
        Ok(())
    }

    /// Calls `action` `times` times, `per_second` times each second, and waits until the server has done it all.
    fn at_rate(
        &self,
        times: u32,
        per_second: u32,
        mut action: impl FnMut(u32) -> Result<()>,
    ) -> Result<()> {
        let start = Instant::now();
        for n in 0..times {
            let due = start + Duration::from_secs(1) * n / per_second.max(1);
            let now = Instant::now();
            if due > now {
                self.conn.flush()?;
                std::thread::sleep(due - now);
            }
            action(n)?;
        }
        self.sync()
    }

    /// Presses and releases `times` keys (letters), `per_second` each second.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn keys(&self, times: u32, per_second: u32) -> Result<()> {
        self.at_rate(times, per_second, |n| {
            let key = LETTERS[n as usize % LETTERS.len()];
            self.fake(KEY_PRESS_EVENT, key)?;
            self.fake(KEY_RELEASE_EVENT, key)
        })
    }

    /// Holds one key down for `time`.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn hold_key(&self, time: Duration) -> Result<()> {
        self.fake(KEY_PRESS_EVENT, LETTERS[0])?;
        self.sync()?;
        std::thread::sleep(time);
        self.fake(KEY_RELEASE_EVENT, LETTERS[0])?;
        self.sync()
    }

    /// Presses one key `times` times without letting it go in between, as a keyboard that repeats by itself does, and
    /// releases it once.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn repeat_key(&self, times: u32, per_second: u32) -> Result<()> {
        self.at_rate(times, per_second, |_| {
            self.fake(KEY_PRESS_EVENT, LETTERS[0])
        })?;
        self.fake(KEY_RELEASE_EVENT, LETTERS[0])?;
        self.sync()
    }

    /// Presses and releases `button` `times` times, `per_second` each second. One press of a scroll button is one
    /// wheel notch.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn clicks(&self, button: Button, times: u32, per_second: u32) -> Result<()> {
        self.at_rate(times, per_second, |_| {
            self.fake(BUTTON_PRESS_EVENT, button.code())?;
            self.fake(BUTTON_RELEASE_EVENT, button.code())
        })
    }

    /// Presses and releases the key that the display's keyboard layout has for this X keysym.
    ///
    /// # Errors
    /// When the server is gone or the layout has no such key.
    pub fn press(&self, keysym: u32) -> Result<()> {
        let find = self.read_layout()?;
        let (key, _) = find(keysym)
            .filter(|(_, shifted)| !shifted)
            .with_context(|| format!("the keyboard layout has no key for {keysym:#x}"))?;
        self.fake(KEY_PRESS_EVENT, key)?;
        self.fake(KEY_RELEASE_EVENT, key)?;
        self.sync()
    }

    /// The display's keyboard layout: the key that has a keysym, and whether it needs shift.
    fn read_layout(&self) -> Result<impl Fn(u32) -> Option<(u8, bool)> + use<>> {
        let setup = self.conn.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let map = self.conn.get_keyboard_mapping(first, last - first + 1)?;
        let map = map.reply()?;
        let columns = usize::from(map.keysyms_per_keycode).max(1);
        Ok(move |symbol| {
            let mut keys = map.keysyms.chunks(columns).zip(first..=last);
            keys.find_map(|(symbols, code)| {
                let level = symbols.iter().take(2).position(|s| *s == symbol)?;
                Some((code, level == 1))
            })
        })
    }

    /// Moves the pointer to (`x`, `y`) on the screen.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn point_at(&self, x: i16, y: i16) -> Result<()> {
        self.conn
            .xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, self.root, x, y, 0)?;
        self.sync()
    }

    /// Types printable ASCII `text` with the keys that the display's keyboard layout has for it. Returns how many key
    /// presses that took: one per character, and one more for each that needs shift.
    ///
    /// # Errors
    /// When the server is gone or the layout has no key for a character.
    pub fn text(&self, text: &str, per_second: u32) -> Result<u32> {
        let find = self.read_layout()?;
        // Keysym of the left shift key.
        let (shift, _) = find(0xffe1).context("the keyboard layout has no shift key")?;
        let mut strokes = Vec::with_capacity(text.len());
        for c in text.chars() {
            match find(u32::from(c)) {
                Some(stroke) if c.is_ascii() && !c.is_ascii_control() => strokes.push(stroke),
                _ => bail!("the keyboard layout has no key for {c:?}"),
            }
        }
        let times = u32::try_from(strokes.len())?;
        self.at_rate(times, per_second, |n| {
            let (code, shifted) = strokes[n as usize];
            if shifted {
                self.fake(KEY_PRESS_EVENT, shift)?;
            }
            self.fake(KEY_PRESS_EVENT, code)?;
            self.fake(KEY_RELEASE_EVENT, code)?;
            if shifted {
                self.fake(KEY_RELEASE_EVENT, shift)?;
            }
            Ok(())
        })?;
        let shifted = strokes.iter().filter(|(_, shifted)| *shifted).count();
        Ok(times + u32::try_from(shifted)?)
    }
}
