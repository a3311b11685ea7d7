//! The facts of a window, in one round trip. Windows vanish between an event and a question: that is normal
//! and answered with `None`.

use super::connection::{X11Connection, X11Error, ignore_missing_window};
use super::text_property::{TextEncoding, decode_text, split_class};
use model::{ActiveWindow, MAX_TITLE_BYTES, WindowHandle, WindowInfo};
use std::path::Path;
use std::sync::Arc;
use x11rb::connection::RequestConnection;
use x11rb::protocol::res::{self, ClientIdMask, ClientIdSpec, ConnectionExt as _};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, GetPropertyReply};

/// Longest property that is read, in units of four bytes; enough for a title of [`MAX_TITLE_BYTES`].
const TITLE_WORDS: u32 = MAX_TITLE_BYTES as u32 / 4 + 1;

/// How this computer and this server name processes.
pub(super) struct WindowLookup {
    host: String,
    has_res: bool,
}

impl WindowLookup {
    pub(super) fn new(link: &X11Connection) -> Result<Self, X11Error> {
        let known = link.conn.extension_information(res::X11_EXTENSION_NAME)?;
        let has_res = known.is_some() && {
            let version = ignore_missing_window(link.conn.res_query_version(1, 2)?.reply())?;
            version.is_some_and(|v| (v.server_major, v.server_minor) >= (1, 2))
        };
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        Ok(Self { host, has_res })
    }

    /// The facts of `window`; `None` when it is gone.
    pub(super) fn read_facts(
        &self,
        link: &X11Connection,
        window: u32,
    ) -> Result<Option<ActiveWindow>, X11Error> {
        let X11Connection { conn, atoms, .. } = link;
        let ask = |property: u32, words: u32| {
            conn.get_property(false, window, property, AtomEnum::ANY, 0, words)
        };
        // All questions first, then all answers: one round trip.
        let name = ask(atoms._NET_WM_NAME, TITLE_WORDS)?;
        let old_name = ask(AtomEnum::WM_NAME.into(), TITLE_WORDS)?;
        let class = ask(AtomEnum::WM_CLASS.into(), 256)?;
        let pid = ask(atoms._NET_WM_PID, 1)?;
        let machine = ask(atoms.WM_CLIENT_MACHINE, 64)?;
        let spec = [ClientIdSpec {
            client: window,
            mask: ClientIdMask::LOCAL_CLIENT_PID,
        }];
        let owner = if self.has_res {
            Some(conn.res_query_client_ids(&spec)?)
        } else {
            None
        };

        let name = ignore_missing_window(name.reply())?;
        let old_name = ignore_missing_window(old_name.reply())?;
        let class = ignore_missing_window(class.reply())?;
        let pid = ignore_missing_window(pid.reply())?;
        let machine = ignore_missing_window(machine.reply())?;
        let owner = match owner {
            Some(cookie) => ignore_missing_window(cookie.reply())?,
            None => None,
        };
        // The last question decides: if the window lived until then, every answer before is whole.
        let (Some(name), Some(old_name), Some(class), Some(machine)) =
            (name, old_name, class, machine)
        else {
            return Ok(None);
        };

        let mut title = self.decode_property(link, &name);
        if title.is_empty() {
            title = self.decode_property(link, &old_name);
        }
        let said = pid.and_then(|reply| reply.value32()?.next());
        let known = owner.and_then(|reply| {
            reply
                .ids
                .into_iter()
                .find_map(|id| id.value.first().copied())
        });
        let exe = if self.is_local(&machine.value) {
            // The server knows who is at the other end of its socket; what the window says may come from another
            // process namespace or be a lie.
            known.or(said).map(exe_of).unwrap_or_default()
        } else {
            String::new()
        };
        let (instance, class) = split_class(&class.value);
        let app = [class, instance]
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_else(|| file_stem_of(&exe));
        Ok(Some(ActiveWindow {
            handle: WindowHandle(u64::from(window)),
            window: Arc::new(WindowInfo { app, exe, title }),
        }))
    }

    fn decode_property(&self, link: &X11Connection, reply: &GetPropertyReply) -> String {
        if reply.format != 8 {
            return String::new();
        }
        let encoding = if reply.type_ == link.atoms.UTF8_STRING {
            TextEncoding::Utf8
        } else if reply.type_ == link.atoms.COMPOUND_TEXT {
            TextEncoding::Compound
        } else {
            TextEncoding::Latin1
        };
        decode_text(&reply.value, encoding)
    }

    /// Windows of programs on other computers have process numbers that mean nothing here.
    fn is_local(&self, machine: &[u8]) -> bool {
        let machine = String::from_utf8_lossy(machine);
        let machine = machine.trim_end_matches('\0');
        let short = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
        machine.is_empty() || machine == "localhost" || short(machine) == short(&self.host)
    }
}

/// The executable of a process; empty when it is gone or another user's.
fn exe_of(pid: u32) -> String {
    let Ok(path) = std::fs::read_link(format!("/proc/{pid}/exe")) else {
        return String::new();
    };
    let path = path.to_string_lossy();
    // The kernel's mark for a program that was replaced while it runs.
    path.strip_suffix(" (deleted)").unwrap_or(&path).to_owned()
}

fn file_stem_of(exe: &str) -> String {
    Path::new(exe)
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Whether a window manager keeps `_NET_ACTIVE_WINDOW`, and its name (EWMH: the check window points at itself).
pub(super) fn find_manager(link: &X11Connection) -> Result<Option<String>, X11Error> {
    let check = link.atoms._NET_SUPPORTING_WM_CHECK;
    let Some(window) = read_number(link, link.root, check)? else {
        return Ok(None);
    };
    if read_number(link, window, check)? != Some(window) {
        return Ok(None);
    }
    let name = link
        .conn
        .get_property(false, window, link.atoms._NET_WM_NAME, AtomEnum::ANY, 0, 64)?
        .reply();
    let name = ignore_missing_window(name)?.map_or_else(String::new, |reply| {
        decode_text(&reply.value, TextEncoding::Utf8)
    });
    Ok(Some(if name.is_empty() {
        "a window manager without a name".into()
    } else {
        name
    }))
}

/// The window that the window manager calls active; `None` for none.
pub(super) fn active_by_manager(link: &X11Connection) -> Result<Option<u32>, X11Error> {
    let active = read_number(link, link.root, link.atoms._NET_ACTIVE_WINDOW)?;
    Ok(active.filter(|window| *window != 0 && *window != link.root))
}

/// Whether no window manager shows `window` (ICCCM 4.1.3.1: `WM_STATE` is missing or 0).
pub(super) fn is_withdrawn(link: &X11Connection, window: u32) -> Result<bool, X11Error> {
    let state = read_number(link, window, link.atoms.WM_STATE)?;
    Ok(state.is_none_or(|state| state == 0))
}

/// The window that holds the input focus and the top-level window around it, where no window manager names it.
pub(super) fn active_by_focus(link: &X11Connection) -> Result<Option<(u32, u32)>, X11Error> {
    let focus = link.conn.get_input_focus()?.reply()?.focus;
    // 0 is "none", 1 is "whatever the pointer is over".
    if focus <= 1 || focus == link.root {
        return Ok(None);
    }
    let mut window = focus;
    // Windows are not nested deeper than this; a bound keeps a broken tree from holding us.
    for _ in 0..64 {
        let class =
            link.conn
                .get_property(false, window, AtomEnum::WM_CLASS, AtomEnum::ANY, 0, 1)?;
        let tree = link.conn.query_tree(window)?;
        let class = ignore_missing_window(class.reply())?;
        let Some(tree) = ignore_missing_window(tree.reply())? else {
            return Ok(None);
        };
        if class.is_some_and(|class| class.type_ != 0) || tree.parent == link.root {
            return Ok(Some((focus, window)));
        }
        window = tree.parent;
    }
    Ok(None)
}

/// The first number of a property; `None` when the window is gone or has none.
fn read_number(link: &X11Connection, window: u32, property: u32) -> Result<Option<u32>, X11Error> {
    let reply = link
        .conn
        .get_property(false, window, property, AtomEnum::ANY, 0, 1)?
        .reply();
    Ok(ignore_missing_window(reply)?.and_then(|reply| reply.value32()?.next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_are_compared_without_their_domain() {
        let lookup = WindowLookup {
            host: "Desk.example.org".into(),
            has_res: false,
        };
        assert!(lookup.is_local(b"desk\0"));
        assert!(lookup.is_local(b""));
        assert!(!lookup.is_local(b"far"));
    }

    #[test]
    fn a_process_has_an_executable_and_a_missing_one_has_none() {
        assert!(exe_of(std::process::id()).starts_with('/'));
        assert_eq!(exe_of(u32::MAX), "");
        assert_eq!(file_stem_of("/usr/bin/editor.bin"), "editor");
    }
}
