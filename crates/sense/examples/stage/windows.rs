//! ```text
//! open NAME X Y WIDTH HEIGHT COLOUR TITLE…   a window without a frame; COLOUR is six hex digits RRGGBB of its left
//!                                            half (the right half is the complement), or =RRGGBB for the whole
//! title NAME TITLE…                          another title
//! activate NAME                              to the foreground
//! minimise NAME, close NAME, above NAME      (above: stays above other windows without being active)
//! keys COUNT                                 presses of a letter, by SendInput
//! hold COUNT                                 one press that repeats COUNT times
//! clicks COUNT, notches COUNT                of the left button, of the wheel
//! tell CLASS MESSAGE WPARAM                  a message to another program's window
//! ```
//! Wine does not tell hooks of foreground and name changes as Windows does; the stage tells them itself.
#![allow(unsafe_code, reason = "calls of the Windows API")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test's own program"
)]

use std::collections::HashMap;
use std::io::BufRead;
use std::ptr::{null, null_mut};
use std::sync::mpsc::channel;
use std::time::Duration;
use windows_sys::Win32::Foundation::{HWND, LPARAM, LRESULT, RECT, WPARAM};
use windows_sys::Win32::Graphics::Gdi::{
    BeginPaint, CreateSolidBrush, DeleteObject, EndPaint, FillRect, PAINTSTRUCT, UpdateWindow,
};
use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;
use windows_sys::Win32::UI::Accessibility::NotifyWinEvent;
use windows_sys::Win32::UI::Input::KeyboardAndMouse::{
    INPUT, INPUT_0, INPUT_KEYBOARD, INPUT_MOUSE, KEYBDINPUT, KEYEVENTF_KEYUP, MOUSEEVENTF_LEFTDOWN,
    MOUSEEVENTF_LEFTUP, MOUSEEVENTF_WHEEL, MOUSEINPUT, SendInput, VK_A,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DefWindowProcW, DestroyWindow, DispatchMessageW, EVENT_OBJECT_NAMECHANGE,
    EVENT_SYSTEM_FOREGROUND, FindWindowW, GWLP_USERDATA, GetClientRect, GetForegroundWindow,
    GetWindowLongPtrW, HWND_TOPMOST, MSG, OBJID_WINDOW, PM_REMOVE, PeekMessageW, RegisterClassExW,
    SW_MINIMIZE, SW_SHOW, SWP_NOACTIVATE, SWP_NOMOVE, SWP_NOSIZE, SendMessageW,
    SetForegroundWindow, SetWindowLongPtrW, SetWindowPos, SetWindowTextW, ShowWindow,
    TranslateMessage, WM_PAINT, WNDCLASSEXW, WS_POPUP,
};

/// Marks a colour as that of the whole window.
const WHOLE: u32 = 0xff00_0000;

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

pub(crate) fn run() {
    let class = wide("uam-stage");
    // SAFETY: the name and the structure live through the call.
    unsafe {
        RegisterClassExW(&WNDCLASSEXW {
            cbSize: size_of::<WNDCLASSEXW>() as u32,
            lpfnWndProc: Some(on_message),
            hInstance: GetModuleHandleW(null()),
            lpszClassName: class.as_ptr(),
            ..WNDCLASSEXW::default()
        });
    }
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if tell.send(line.unwrap()).is_err() {
                return;
            }
        }
    });
    let mut windows = HashMap::new();
    println!("ready");
    loop {
        pump();
        match told.recv_timeout(Duration::from_millis(5)) {
            Ok(line) => {
                let answer = obey(&line, &mut windows);
                pump();
                println!("{answer}");
            }
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
            Err(_) => return,
        }
    }
}

fn pump() {
    // SAFETY: the message is written before it is read.
    unsafe {
        let mut message: MSG = std::mem::zeroed();
        while PeekMessageW(&mut message, null_mut(), 0, 0, PM_REMOVE) != 0 {
            TranslateMessage(&message);
            DispatchMessageW(&message);
        }
    }
}

/// Executes one line; the answer begins with `ok` or says what is wrong.
fn obey(line: &str, windows: &mut HashMap<String, HWND>) -> String {
    let mut words = line.splitn(8, ' ');
    let command = words.next().unwrap_or_default();
    let number = |words: &mut std::str::SplitN<'_, char>| -> i32 {
        words.next().and_then(|w| w.parse().ok()).unwrap_or(0)
    };
    if command == "open" {
        let name = words.next().unwrap().to_owned();
        let place = [(); 4].map(|()| number(&mut words));
        let colour = words.next().unwrap();
        let (digits, whole) = match colour.strip_prefix('=') {
            Some(digits) => (digits, WHOLE),
            None => (colour, 0),
        };
        let colour = u32::from_str_radix(digits, 16).unwrap() | whole;
        let window = open(place, colour, words.next().unwrap_or_default());
        windows.insert(name, window);
        return format!("ok {}", window.addr());
    }
    let mut words = line.splitn(3, ' ').skip(1);
    let (first, rest) = (words.next().unwrap_or_default(), words.next());
    let count: usize = first.parse().unwrap_or(1);
    match command {
        "keys" => {
            for _ in 0..count {
                send(&[key(false), key(true)]);
            }
        }
        "hold" => {
            send(&vec![key(false); count + 1]);
            send(&[key(true)]);
        }
        "clicks" => {
            for _ in 0..count {
                send(&[mouse(MOUSEEVENTF_LEFTDOWN, 0), mouse(MOUSEEVENTF_LEFTUP, 0)]);
            }
        }
        "notches" => send(&vec![mouse(MOUSEEVENTF_WHEEL, 120); count]),
        "tell" => {
            let mut words = rest.unwrap_or_default().split(' ');
            let message = words.next().and_then(|w| w.parse().ok()).unwrap_or(0);
            let what = words.next().and_then(|w| w.parse().ok()).unwrap_or(0);
            let class = wide(first);
            // SAFETY: the name lives through the call; the message carries numbers only.
            unsafe {
                let window = FindWindowW(class.as_ptr(), null());
                if window.is_null() {
                    return format!("no window of the class {first}");
                }
                SendMessageW(window, message, what, 0);
            }
        }
        _ => {
            let Some(window) = windows.get(first).copied() else {
                return format!("cannot do: {line}");
            };
            return on_window(command, window, rest.unwrap_or_default());
        }
    }
    "ok".to_owned()
}

fn on_window(command: &str, window: HWND, text: &str) -> String {
    // SAFETY: a window of this thread; the text lives through its call.
    unsafe {
        match command {
            "title" => {
                SetWindowTextW(window, wide(text).as_ptr());
                NotifyWinEvent(EVENT_OBJECT_NAMECHANGE, window, OBJID_WINDOW, 0);
            }
            "activate" => {
                SetForegroundWindow(window);
                pump();
                if GetForegroundWindow() != window {
                    return "the window did not come to the foreground".to_owned();
                }
                NotifyWinEvent(EVENT_SYSTEM_FOREGROUND, window, OBJID_WINDOW, 0);
            }
            "above" => {
                let flags = SWP_NOMOVE | SWP_NOSIZE | SWP_NOACTIVATE;
                SetWindowPos(window, HWND_TOPMOST, 0, 0, 0, 0, flags);
            }
            "minimise" => {
                ShowWindow(window, SW_MINIMIZE);
            }
            "close" => {
                DestroyWindow(window);
            }
            _ => return format!("cannot {command} a window"),
        }
    }
    "ok".to_owned()
}

fn open([x, y, width, height]: [i32; 4], colour: u32, title: &str) -> HWND {
    let (class, title) = (wide("uam-stage"), wide(title));
    // SAFETY: the names live through the call.
    unsafe {
        let window = CreateWindowExW(
            0,
            class.as_ptr(),
            title.as_ptr(),
            WS_POPUP,
            x,
            y,
            width,
            height,
            null_mut(),
            null_mut(),
            GetModuleHandleW(null()),
            null(),
        );
        SetWindowLongPtrW(window, GWLP_USERDATA, colour as isize);
        ShowWindow(window, SW_SHOW);
        UpdateWindow(window);
        window
    }
}

/// The left half has the window's colour, the right half its complement.
fn paint(window: HWND) {
    // SAFETY: a window of this thread; every brush is deleted; the structures are written before they are read.
    unsafe {
        let mut begun = PAINTSTRUCT::default();
        let target = BeginPaint(window, &mut begun);
        let mut whole = RECT::default();
        GetClientRect(window, &mut whole);
        let colour = GetWindowLongPtrW(window, GWLP_USERDATA) as u32;
        let middle = whole.right / 2;
        let other = if colour & WHOLE == WHOLE {
            colour
        } else {
            !colour
        };
        let halves = [(0, middle, colour), (middle, whole.right, other)];
        for (left, right, colour) in halves {
            let [_, red, green, blue] = colour.to_be_bytes();
            let brush = CreateSolidBrush(u32::from_be_bytes([0, blue, green, red]));
            let half = RECT {
                left,
                right,
                ..whole
            };
            FillRect(target, &half, brush);
            DeleteObject(brush);
        }
        EndPaint(window, &begun);
    }
}

unsafe extern "system" fn on_message(
    window: HWND,
    message: u32,
    wparam: WPARAM,
    lparam: LPARAM,
) -> LRESULT {
    if message == WM_PAINT {
        paint(window);
        return 0;
    }
    // SAFETY: the arguments are those this procedure was called with.
    unsafe { DefWindowProcW(window, message, wparam, lparam) }
}

fn key(up: bool) -> INPUT {
    INPUT {
        r#type: INPUT_KEYBOARD,
        Anonymous: INPUT_0 {
            ki: KEYBDINPUT {
                wVk: VK_A,
                dwFlags: if up { KEYEVENTF_KEYUP } else { 0 },
                ..KEYBDINPUT::default()
            },
        },
    }
}

fn mouse(flags: u32, data: u32) -> INPUT {
    INPUT {
        r#type: INPUT_MOUSE,
        Anonymous: INPUT_0 {
            mi: MOUSEINPUT {
                dwFlags: flags,
                mouseData: data,
                ..MOUSEINPUT::default()
            },
        },
    }
}

fn send(inputs: &[INPUT]) {
    // SAFETY: the slice lives through the call, with the length and size it has.
    let sent = unsafe {
        SendInput(
            inputs.len() as u32,
            inputs.as_ptr(),
            size_of::<INPUT>() as i32,
        )
    };
    assert_eq!(sent as usize, inputs.len(), "SendInput refused");
}
