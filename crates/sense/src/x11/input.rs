//! Key presses, clicks and scroll steps from XInput 2 raw events.
//!
//! **This module is the only place where a key's code exists.** It lives in the bytes of an event while [`RawInputReader::read_event`]
//! reads them, and as one bit of a private map while the key is held; what leaves is a count.
//!
//! Always true: a key that is already down is not pressed again, so auto-repeat never counts.

use super::connection::{X11Connection, X11Error, ignore_missing_window};
use model::{Counts, InputCounts};
use x11rb::connection::RequestConnection;
use x11rb::protocol::xinput::{
    self, ConnectionExt as _, Device, DeviceType, EventMask, XIEventMask,
};

/// `XI_HierarchyChanged`, `XI_RawKeyPress`, `XI_RawKeyRelease`, `XI_RawButtonPress` of XI2proto.
const HIERARCHY_CHANGED: u16 = 11;
const RAW_KEY_PRESS: u16 = 13;
const RAW_KEY_RELEASE: u16 = 14;
const RAW_BUTTON_PRESS: u16 = 15;

/// Core event code of every extension event of more than 32 bytes.
const GENERIC_EVENT: u8 = 35;

/// An input device of the server's list.
struct InputDevice {
    id: u16,
    injected: bool,
    /// One bit per key code: held now.
    down: [u64; 4],
}

/// The effect of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputEffect {
    /// Not ours.
    Other,
    /// Ours, but nothing to count.
    Nothing,
    /// Counts at the server's time in milliseconds.
    Counted { server_ms: u32, counts: Counts },
    /// The list of devices changed; call [`RawInputReader::refresh_devices`].
    Devices,
}

/// The input sensor of one connection.
pub(super) struct RawInputReader {
    opcode: u8,
    sources: Vec<InputDevice>,
}

impl RawInputReader {
    /// Asks whether the server has XInput 2.2 (the first that tells presses during another program's grab).
    pub(super) fn probe(link: &X11Connection) -> Result<Result<u8, String>, X11Error> {
        let Some(info) = link
            .conn
            .extension_information(xinput::X11_EXTENSION_NAME)?
        else {
            return Ok(Err("the X server has no XInput extension".into()));
        };
        let version = ignore_missing_window(link.conn.xinput_xi_query_version(2, 2)?.reply())?;
        Ok(match version {
            Some(v) if (v.major_version, v.minor_version) >= (2, 1) => Ok(info.major_opcode),
            Some(v) => Err(format!(
                "the X server has XInput {}.{}, and 2.1 is needed",
                v.major_version, v.minor_version
            )),
            None => Err("the X server has no XInput 2".into()),
        })
    }

    /// Starts listening: presses on every device, releases of keys, and changes of the device list. No motion.
    pub(super) fn start(link: &X11Connection, opcode: u8) -> Result<Self, X11Error> {
        let presses = XIEventMask::RAW_KEY_PRESS
            | XIEventMask::RAW_KEY_RELEASE
            | XIEventMask::RAW_BUTTON_PRESS;
        link.conn
            .xinput_xi_select_events(
                link.root,
                &[
                    EventMask {
                        deviceid: Device::ALL_MASTER.into(),
                        mask: vec![presses],
                    },
                    EventMask {
                        deviceid: Device::ALL.into(),
                        mask: vec![XIEventMask::HIERARCHY],
                    },
                ],
            )?
            .check()?;
        let mut input = Self {
            opcode,
            sources: Vec::new(),
        };
        input.refresh_devices(link)?;
        Ok(input)
    }

    /// Reads the list of devices. Keys held on devices that stay remain held.
    pub(super) fn refresh_devices(&mut self, link: &X11Connection) -> Result<(), X11Error> {
        let Some(devices) = ignore_missing_window(
            link.conn
                .xinput_xi_query_device(u16::from(Device::ALL))?
                .reply(),
        )?
        else {
            return Ok(());
        };
        let mut known = std::mem::take(&mut self.sources);
        for info in devices.infos {
            if matches!(
                info.type_,
                DeviceType::MASTER_KEYBOARD | DeviceType::MASTER_POINTER
            ) {
                continue;
            }
            let injected =
                info.name.ends_with(b"XTEST keyboard") || info.name.ends_with(b"XTEST pointer");
            let down = known
                .iter_mut()
                .find(|source| source.id == info.deviceid)
                .map_or([0; 4], |source| source.down);
            self.sources.push(InputDevice {
                id: info.deviceid,
                injected,
                down,
            });
        }
        Ok(())
    }

    /// Reads one event's bytes.
    pub(super) fn read_event(&mut self, event: &[u8]) -> InputEffect {
        let Some(raw) = RawInputEvent::parse(event, self.opcode) else {
            return InputEffect::Other;
        };
        let source = match self.sources.iter().position(|s| s.id == raw.source) {
            Some(n) => self.sources.get_mut(n),
            None => None,
        };
        let mut one = InputCounts::default();
        match (raw.kind, source) {
            (HIERARCHY_CHANGED, _) => return InputEffect::Devices,
            (RAW_KEY_PRESS, Some(source)) => {
                if source.mark_pressed(raw.detail) {
                    return InputEffect::Nothing;
                }
                one.keys = 1;
            }
            // A device so new that its announcement is still under way: without a map it cannot repeat either.
            (RAW_KEY_PRESS, None) => one.keys = 1,
            (RAW_KEY_RELEASE, Some(source)) => {
                source.mark_released(raw.detail);
                return InputEffect::Nothing;
            }
            (RAW_BUTTON_PRESS, _) => match raw.detail {
                1 => one.left = 1,
                2 => one.middle = 1,
                3 => one.right = 1,
                4..=7 => one.scroll = 1,
                _ => one.other = 1,
            },
            _ => return InputEffect::Nothing,
        }
        let injected = self
            .sources
            .iter()
            .any(|s| s.id == raw.source && s.injected);
        let mut counts = Counts::default();
        if injected {
            counts.injected = one;
        } else {
            counts.hardware = one;
        }
        InputEffect::Counted {
            server_ms: raw.server_ms,
            counts,
        }
    }
}

impl InputDevice {
    fn key_bit(&mut self, key: u32) -> Option<(&mut u64, u64)> {
        let word = self.down.get_mut(usize::try_from(key / 64).ok()?)?;
        Some((word, 1 << (key % 64)))
    }

    /// Marks `key` as held; true when it was already.
    fn mark_pressed(&mut self, key: u32) -> bool {
        self.key_bit(key).is_some_and(|(word, bit)| {
            let held = *word & bit != 0;
            *word |= bit;
            held
        })
    }

    fn mark_released(&mut self, key: u32) {
        if let Some((word, bit)) = self.key_bit(key) {
            *word &= !bit;
        }
    }
}

/// The fields of an XInput 2 raw event that matter (XI2proto.h, `xXIRawEvent`; `xXIHierarchyEvent` begins alike).
struct RawInputEvent {
    kind: u16,
    server_ms: u32,
    detail: u32,
    source: u16,
}

impl RawInputEvent {
    fn parse(event: &[u8], opcode: u8) -> Option<Self> {
        if *event.first()? & 0x7f != GENERIC_EVENT || *event.get(1)? != opcode {
            return None;
        }
        Some(Self {
            kind: read_u16(event, 8)?,
            server_ms: read_u32(event, 12)?,
            detail: read_u32(event, 16)?,
            source: read_u16(event, 20)?,
        })
    }
}

fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    let field = bytes.get(at..at + 2)?;
    Some(u16::from_ne_bytes(field.try_into().ok()?))
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at + 4)?;
    Some(u32::from_ne_bytes(field.try_into().ok()?))
}

#[cfg(test)]
mod tests;
