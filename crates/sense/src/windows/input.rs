//! Key presses, clicks and scroll steps from Raw Input.
//!
//! **This module is the only place where a key's code exists.** It lives in a buffer on the stack while [`RawInputReader::read_message`]
//! reads it, and as one bit of a private map while the key is held; what leaves is a count.
//!
//! Raw Input and no low-level hook: a hook stands in the way of every key and mouse move of the user, is removed
//! silently when it is late, and loses what is typed while its thread is busy. `WM_INPUT` is queued: a thread that is
//! late counts late, not wrong.
//!
//! Always true: a key that is already down is not pressed again, so auto-repeat never counts.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use model::{Counts, InputCounts};
use std::io;
use std::mem::MaybeUninit;
use windows_sys::Win32::Foundation::{HWND, LPARAM};
use windows_sys::Win32::UI::Input::KeyboardAndMouse::VK_PACKET;
use windows_sys::Win32::UI::Input::{
    GetRawInputData, HRAWINPUT, RAWINPUT, RAWINPUTDEVICE, RAWINPUTHEADER, RAWKEYBOARD, RAWMOUSE,
    RID_INPUT, RIDEV_INPUTSINK, RIDEV_REMOVE, RIM_TYPEKEYBOARD, RIM_TYPEMOUSE,
    RegisterRawInputDevices,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    GetSystemMetrics, RI_KEY_BREAK, RI_KEY_E0, RI_MOUSE_BUTTON_4_DOWN, RI_MOUSE_BUTTON_5_DOWN,
    RI_MOUSE_HWHEEL, RI_MOUSE_LEFT_BUTTON_DOWN, RI_MOUSE_MIDDLE_BUTTON_DOWN,
    RI_MOUSE_RIGHT_BUTTON_DOWN, RI_MOUSE_WHEEL, SM_SWAPBUTTON,
};

/// USB HID usage tables: generic desktop page, mouse and keyboard.
const DESKTOP_PAGE: u16 = 1;
const MOUSE: u16 = 2;
const KEYBOARD: u16 = 6;

/// One notch of a wheel (`WHEEL_DELTA`); finer wheels send parts of it.
const NOTCH: i32 = 120;

/// Releases get lost on the secure desktop and across a switch of user. A keyboard that was silent for so long has no
/// key down: a key that is held repeats. In milliseconds.
const FORGET_MS: u32 = 60_000;

/// Most keyboards that are told apart; with more the oldest is forgotten.
const MAX_KEYBOARDS: usize = 16;

/// Virtual key of the second half of a two-part scan code: not a press of its own.
const NOT_A_KEY: u16 = 0xff;

/// The effect of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputEffect {
    /// A move, a release or a repeat: somebody is there, and nothing is to be counted.
    Nothing,
    Counted(Counts),
}

/// Keys of one keyboard that are down.
struct KeyboardState {
    device: isize,
    /// One bit per scan code, per scan code with the prefix E0, and per virtual key without a scan code.
    down: [u64; 12],
}

/// The input sensor's state.
#[derive(Default)]
pub(super) struct RawInputReader {
    keyboards: Vec<KeyboardState>,
    last_key_ms: u32,
    wheels: [WheelAccumulator; 2],
}

/// Starts (or ends, with `None`) the delivery of raw keyboard and mouse input to a window, whatever has the focus.
pub(super) fn register_raw_input(window: Option<HWND>) -> io::Result<()> {
    let device = |usage| RAWINPUTDEVICE {
        usUsagePage: DESKTOP_PAGE,
        usUsage: usage,
        dwFlags: match window {
            Some(_) => RIDEV_INPUTSINK,
            None => RIDEV_REMOVE,
        },
        hwndTarget: window.unwrap_or_default(),
    };
    let devices = [device(KEYBOARD), device(MOUSE)];
    // SAFETY: `devices` lives through the call, and its length and size are its own.
    let done = unsafe {
        RegisterRawInputDevices(
            devices.as_ptr(),
            devices.len() as u32,
            size_of::<RAWINPUTDEVICE>() as u32,
        )
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

impl RawInputReader {
    /// Reads one `WM_INPUT` that happened at the system's millisecond `ms`.
    pub(super) fn read_message(&mut self, lparam: LPARAM, ms: u32) -> InputEffect {
        let mut raw = MaybeUninit::<RAWINPUT>::zeroed();
        let mut size = size_of::<RAWINPUT>() as u32;
        // SAFETY: `raw` is `size` bytes large and lives through the call. All zero is a valid `RAWINPUT`, so it may be
        // read whatever was written.
        let raw = unsafe {
            let written = GetRawInputData(
                lparam as HRAWINPUT,
                RID_INPUT,
                raw.as_mut_ptr().cast(),
                &mut size,
                size_of::<RAWINPUTHEADER>() as u32,
            );
            if written == u32::MAX || written == 0 {
                return InputEffect::Nothing;
            }
            raw.assume_init()
        };
        let device = raw.header.hDevice.addr().cast_signed();
        let counts = match raw.header.dwType {
            // SAFETY: the header's type says which part of the union was written; both are plain numbers.
            RIM_TYPEKEYBOARD => self.count_key(device, unsafe { &raw.data.keyboard }, ms),
            // SAFETY: as above.
            RIM_TYPEMOUSE => self.count_mouse(device, unsafe { &raw.data.mouse }),
            _ => None,
        };
        counts.map_or(InputEffect::Nothing, InputEffect::Counted)
    }

    /// Counts every key as released: the releases may never be reported.
    pub(super) fn release_all(&mut self) {
        self.keyboards.clear();
    }

    fn count_key(&mut self, device: isize, raw: &RAWKEYBOARD, ms: u32) -> Option<Counts> {
        if raw.VKey == NOT_A_KEY {
            return None;
        }
        if ms.wrapping_sub(self.last_key_ms) > FORGET_MS {
            self.release_all();
        }
        self.last_key_ms = ms;
        let released = u32::from(raw.Flags) & RI_KEY_BREAK != 0;
        // A character without a key (`KEYEVENTF_UNICODE`): nothing is held, and each press is one.
        let repeated = raw.VKey != VK_PACKET && {
            let keyboard = self.find_keyboard(device);
            let (word, bit) = keyboard.key_bit(raw)?;
            let held = *word & bit != 0;
            if released {
                *word &= !bit;
            } else {
                *word |= bit;
            }
            held
        };
        let one = InputCounts {
            keys: 1,
            ..InputCounts::default()
        };
        (!released && !repeated).then(|| split_by_source(one, device == 0 || raw.MakeCode == 0))
    }

    fn find_keyboard(&mut self, device: isize) -> &mut KeyboardState {
        let known = self.keyboards.iter().position(|k| k.device == device);
        let n = known.unwrap_or_else(|| {
            if self.keyboards.len() == MAX_KEYBOARDS {
                self.keyboards.remove(0);
            }
            self.keyboards.push(KeyboardState {
                device,
                down: [0; 12],
            });
            self.keyboards.len() - 1
        });
        &mut self.keyboards[n]
    }

    fn count_mouse(&mut self, device: isize, raw: &RAWMOUSE) -> Option<Counts> {
        // SAFETY: both parts of the union are the same plain numbers.
        let buttons = unsafe { raw.Anonymous.Anonymous };
        let flags = u32::from(buttons.usButtonFlags);
        if flags == 0 {
            return None;
        }
        let pressed = |flag: u32| u64::from(flags & flag != 0);
        let mut one = InputCounts {
            left: pressed(RI_MOUSE_LEFT_BUTTON_DOWN),
            middle: pressed(RI_MOUSE_MIDDLE_BUTTON_DOWN),
            right: pressed(RI_MOUSE_RIGHT_BUTTON_DOWN),
            other: pressed(RI_MOUSE_BUTTON_4_DOWN) + pressed(RI_MOUSE_BUTTON_5_DOWN),
            ..InputCounts::default()
        };
        // SAFETY: no pointers.
        if one.left != one.right && unsafe { GetSystemMetrics(SM_SWAPBUTTON) } != 0 {
            // Raw Input names the physical button; the user's primary one is meant.
            std::mem::swap(&mut one.left, &mut one.right);
        }
        let delta = i32::from(buttons.usButtonData.cast_signed());
        for (flag, wheel) in [RI_MOUSE_WHEEL, RI_MOUSE_HWHEEL]
            .into_iter()
            .zip(&mut self.wheels)
        {
            if flags & flag != 0 {
                one.scroll += wheel.add_turn(delta);
            }
        }
        (!one.is_zero()).then(|| split_by_source(one, device == 0))
    }
}

/// Input that a program made comes from no device; and no device presses a key without a scan code, as programs may.
fn split_by_source(one: InputCounts, injected: bool) -> Counts {
    let mut counts = Counts::default();
    if injected {
        counts.injected = one;
    } else {
        counts.hardware = one;
    }
    counts
}

impl KeyboardState {
    fn key_bit(&mut self, raw: &RAWKEYBOARD) -> Option<(&mut u64, u64)> {
        let place = match (raw.MakeCode & 0xff, u32::from(raw.Flags) & RI_KEY_E0) {
            // Programs may inject a virtual key alone.
            (0, _) => 512 + usize::from(raw.VKey & 0xff),
            (scan, 0) => usize::from(scan),
            (scan, _) => 256 + usize::from(scan),
        };
        let word = self.down.get_mut(place / 64)?;
        Some((word, 1 << (place % 64)))
    }
}

/// A wheel between two notches.
#[derive(Clone, Copy, Default)]
struct WheelAccumulator {
    turned: i32,
}

impl WheelAccumulator {
    /// Turns it by `delta` and gives the whole notches that made.
    fn add_turn(&mut self, delta: i32) -> u64 {
        if self.turned.signum() == -delta.signum() {
            // Turned back: a notch begun in the other direction is no part of one in this direction.
            self.turned = 0;
        }
        self.turned += delta;
        let notches = self.turned / NOTCH;
        self.turned %= NOTCH;
        u64::from(notches.unsigned_abs())
    }
}

#[cfg(test)]
mod tests;
