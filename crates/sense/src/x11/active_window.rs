//! Which window is active, from property events.

use super::connection::{X11Connection, X11Error};
use super::window_info::{self, WindowLookup};
use crate::options::DesktopOptions;
use crate::window_debounce::{DueChange, WindowChange, WindowDebouncer};
use model::{ActiveWindow, Moment};
use std::time::Instant;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, DESTROY_NOTIFY_EVENT, EventMask,
    FOCUS_IN_EVENT, FOCUS_OUT_EVENT, PROPERTY_NOTIFY_EVENT, PropertyNotifyEvent,
};
use x11rb::x11_utils::TryParse;

/// An event that concerns the active window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ActiveWindowHint {
    /// Another window may be active, since the server's time in milliseconds (core focus events have none).
    Active { server_ms: Option<u32> },
    /// The window manager came or went.
    Manager { server_ms: u32 },
    /// The active window's title or class may have changed.
    Facts { server_ms: u32 },
}

/// The window sensor of one connection.
pub(super) struct ActiveWindowTracker {
    lookup: WindowLookup,
    debouncer: WindowDebouncer,
    /// True where a window manager keeps `_NET_ACTIVE_WINDOW`; otherwise the input focus is followed.
    managed: bool,
    /// The windows whose events were asked for: the top-level window and the one with the input focus.
    watched: Option<(u32, u32)>,
}

impl ActiveWindowTracker {
    /// Asks for the root window's property (and focus) changes.
    pub(super) fn start(link: &X11Connection, options: &DesktopOptions) -> Result<Self, X11Error> {
        let mask = EventMask::PROPERTY_CHANGE | EventMask::FOCUS_CHANGE;
        link.conn
            .change_window_attributes(
                link.root,
                &ChangeWindowAttributesAux::new().event_mask(mask),
            )?
            .check()?;
        Ok(Self {
            lookup: WindowLookup::new(link)?,
            debouncer: WindowDebouncer::new(options),
            managed: window_info::find_manager(link)?.is_some(),
            watched: None,
        })
    }

    /// The active window at the beginning.
    pub(super) fn read_initial(
        &mut self,
        link: &X11Connection,
        at: Moment,
    ) -> Result<WindowChange, X11Error> {
        let active = self.find_active(link)?;
        Ok(self.debouncer.set_initial(at, active))
    }

    /// Reads one event; `None` when it does not matter here.
    pub(super) fn read_hint(&self, link: &X11Connection, event: &[u8]) -> Option<ActiveWindowHint> {
        match *event.first()? & 0x7f {
            PROPERTY_NOTIFY_EVENT => {
                let (notify, _) = PropertyNotifyEvent::try_parse(event).ok()?;
                let server_ms = notify.time;
                if notify.window == link.root {
                    if notify.atom == link.atoms._NET_ACTIVE_WINDOW {
                        return Some(ActiveWindowHint::Active {
                            server_ms: Some(server_ms),
                        });
                    }
                    let check = notify.atom == link.atoms._NET_SUPPORTING_WM_CHECK;
                    return check.then_some(ActiveWindowHint::Manager { server_ms });
                }
                let (top, _) = self.watched?;
                if notify.window == top && notify.atom == link.atoms.WM_STATE {
                    return Some(ActiveWindowHint::Active {
                        server_ms: Some(server_ms),
                    });
                }
                let matters = [
                    link.atoms._NET_WM_NAME,
                    link.atoms._NET_WM_PID,
                    AtomEnum::WM_NAME.into(),
                    AtomEnum::WM_CLASS.into(),
                ]
                .contains(&notify.atom);
                (notify.window == top && matters).then_some(ActiveWindowHint::Facts { server_ms })
            }
            FOCUS_IN_EVENT | FOCUS_OUT_EVENT if !self.managed => {
                Some(ActiveWindowHint::Active { server_ms: None })
            }
            // Some window managers leave the property on a window that was closed.
            DESTROY_NOTIFY_EVENT => Some(ActiveWindowHint::Active { server_ms: None }),
            _ => None,
        }
    }

    /// Handles a hint that came at `at`. Returns up to two changes: a "none" that lasted, and the window after it.
    pub(super) fn handle_hint(
        &mut self,
        link: &X11Connection,
        hint: ActiveWindowHint,
        at: Moment,
    ) -> Result<[Option<WindowChange>; 2], X11Error> {
        match hint {
            ActiveWindowHint::Facts { .. } => {
                self.debouncer.delay_facts(at);
                return Ok([None, None]);
            }
            ActiveWindowHint::Manager { .. } => {
                self.managed = window_info::find_manager(link)?.is_some()
            }
            ActiveWindowHint::Active { server_ms: Some(_) } if !self.managed => {
                // Whoever writes the property keeps it.
                self.managed = window_info::find_manager(link)?.is_some();
            }
            ActiveWindowHint::Active { .. } => {}
        }
        let active = self.find_active(link)?;
        Ok(self.debouncer.observe(at, active))
    }

    /// When [`ActiveWindowTracker::take_due`] wants to be called next.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.debouncer.deadline()
    }

    /// A change that was held back long enough.
    pub(super) fn take_due(
        &mut self,
        link: &X11Connection,
        now: Instant,
    ) -> Result<Option<WindowChange>, X11Error> {
        match self.debouncer.take_due(now) {
            Some(DueChange::None(change)) => Ok(Some(change)),
            Some(DueChange::Facts(at)) => {
                let Some((top, _)) = self.watched else {
                    return Ok(None);
                };
                // A window that vanished meanwhile is replaced by the next change.
                let facts = self.lookup.read_facts(link, top)?;
                Ok(facts.and_then(|active| self.debouncer.emit_if_changed(at, Some(active))))
            }
            None => Ok(None),
        }
    }

    /// The active window now; its events are asked for before its facts, so that no change falls in between.
    fn find_active(&mut self, link: &X11Connection) -> Result<Option<ActiveWindow>, X11Error> {
        let found = if self.managed {
            window_info::active_by_manager(link)?.map(|window| (window, window))
        } else {
            window_info::active_by_focus(link)?.map(|(focus, top)| (top, focus))
        };
        self.select_events(link, found)?;
        match found {
            // A window that was withdrawn is not active, whatever the property still says.
            Some((top, _)) if self.managed && window_info::is_withdrawn(link, top)? => Ok(None),
            Some((top, _)) => self.lookup.read_facts(link, top),
            None => Ok(None),
        }
    }

    /// Asks for the events of `found` and no longer for those of the windows before.
    ///
    /// They are asked for again each time: a number may belong to a new window, which knows nothing of us.
    fn select_events(
        &mut self,
        link: &X11Connection,
        found: Option<(u32, u32)>,
    ) -> Result<(), X11Error> {
        let select = |window: u32, mask: EventMask| -> Result<(), X11Error> {
            let aux = ChangeWindowAttributesAux::new().event_mask(mask);
            // The window may be gone: its error is no news, so it is dropped instead of becoming an event.
            link.conn
                .change_window_attributes(window, &aux)?
                .ignore_error();
            Ok(())
        };
        if self.watched != found {
            for window in self.watched.iter().flat_map(|(top, focus)| [*top, *focus]) {
                select(window, EventMask::NO_EVENT)?;
            }
        }
        if let Some((top, focus)) = found {
            let focus_mask = if self.managed {
                EventMask::NO_EVENT
            } else {
                EventMask::FOCUS_CHANGE
            };
            let top_mask = EventMask::PROPERTY_CHANGE | EventMask::STRUCTURE_NOTIFY;
            if top == focus {
                select(top, top_mask | focus_mask)?;
            } else {
                select(focus, focus_mask)?;
                select(top, top_mask)?;
            }
        }
        self.watched = found;
        link.conn.flush()?;
        Ok(())
    }
}
