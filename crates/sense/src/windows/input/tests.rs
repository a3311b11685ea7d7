use super::*;
use windows_sys::Win32::UI::Input::{RAWMOUSE_0, RAWMOUSE_0_0};

fn key(scan: u16, flags: u32, virtual_key: u16) -> RAWKEYBOARD {
    RAWKEYBOARD {
        MakeCode: scan,
        Flags: flags as u16,
        VKey: virtual_key,
        ..RAWKEYBOARD::default()
    }
}

fn mouse(flags: u32, data: i16) -> RAWMOUSE {
    RAWMOUSE {
        Anonymous: RAWMOUSE_0 {
            Anonymous: RAWMOUSE_0_0 {
                usButtonFlags: flags as u16,
                usButtonData: data.cast_unsigned(),
            },
        },
        ..RAWMOUSE::default()
    }
}

/// How many presses `input` counts in `keys`.
fn presses(input: &mut RawInputReader, keys: &[RAWKEYBOARD], ms: u32) -> u64 {
    keys.iter()
        .filter_map(|k| input.count_key(7, k, ms))
        .map(|c| c.keys())
        .sum()
}

#[test]
fn a_held_key_is_one_press() {
    let mut input = RawInputReader::default();
    let down = [key(30, 0, 65); 40];
    assert_eq!(presses(&mut input, &down, 1_000), 1);
    assert_eq!(presses(&mut input, &[key(30, RI_KEY_BREAK, 65)], 1_000), 0);
    assert_eq!(presses(&mut input, &[key(30, 0, 65)], 1_000), 1);
}

#[test]
fn keys_with_a_prefix_without_a_scan_code_and_without_a_key_are_told_apart() {
    let mut input = RawInputReader::default();
    let all = [
        key(0x1c, 0, 13),
        key(0x1c, RI_KEY_E0, 13),
        key(0, 0, 65),
        key(0, 0, 66),
        key(0x41, 0, VK_PACKET),
        key(0x41, 0, VK_PACKET),
        // The half of Print Screen that is no key.
        key(0x2a, RI_KEY_E0, NOT_A_KEY),
    ];
    assert_eq!(presses(&mut input, &all, 1_000), 6);
}

#[test]
fn a_lost_release_is_forgotten_after_a_silent_minute_and_at_a_lock() {
    let mut input = RawInputReader::default();
    let near_the_wrap = u32::MAX - 10;
    assert_eq!(presses(&mut input, &[key(30, 0, 65)], near_the_wrap), 1);
    let later = near_the_wrap.wrapping_add(FORGET_MS);
    assert_eq!(presses(&mut input, &[key(30, 0, 65)], later), 0);
    let still_later = later.wrapping_add(FORGET_MS + 1);
    assert_eq!(presses(&mut input, &[key(30, 0, 65)], still_later), 1);
    input.release_all();
    assert_eq!(presses(&mut input, &[key(30, 0, 65)], still_later), 1);
}

#[test]
fn more_keyboards_than_are_kept_do_no_harm() {
    let mut input = RawInputReader::default();
    for device in 1..100 {
        assert!(input.count_key(device, &key(30, 0, 65), 0).is_some());
    }
    assert_eq!(input.keyboards.len(), MAX_KEYBOARDS);
}

#[test]
fn buttons_and_notches() {
    let mut input = RawInputReader::default();
    let mut sum = InputCounts::default();
    for raw in [
        mouse(RI_MOUSE_MIDDLE_BUTTON_DOWN | RI_MOUSE_BUTTON_5_DOWN, 0),
        mouse(RI_MOUSE_BUTTON_4_DOWN, 0),
        mouse(RI_MOUSE_WHEEL, -240),
        mouse(RI_MOUSE_HWHEEL, 60),
        mouse(RI_MOUSE_HWHEEL, 60),
    ] {
        sum += input.count_mouse(7, &raw).unwrap_or_default().hardware;
    }
    let expected = InputCounts {
        middle: 1,
        other: 2,
        scroll: 3,
        ..InputCounts::default()
    };
    assert_eq!(sum, expected);
    assert_eq!(
        input.count_mouse(7, &mouse(0, 0)),
        None,
        "a move is not counted"
    );
    let both = RI_MOUSE_LEFT_BUTTON_DOWN | RI_MOUSE_RIGHT_BUTTON_DOWN;
    assert_eq!(
        input.count_mouse(7, &mouse(both, 0)).map(|c| c.clicks()),
        Some(2)
    );
}

#[test]
fn a_fine_wheel_turned_back_makes_no_notch() {
    let mut wheel = WheelAccumulator::default();
    let turns: u64 = [40, 40, -40, -40, 40, 40, 40]
        .map(|d| wheel.add_turn(d))
        .iter()
        .sum();
    assert_eq!(turns, 1);
}

#[test]
fn what_no_device_made_is_told_apart() {
    let mut input = RawInputReader::default();
    let press = key(30, 0, 65);
    let of = |counts: Option<Counts>| counts.map(|c| (c.hardware.keys, c.injected.keys));
    assert_eq!(of(input.count_key(7, &press, 0)), Some((1, 0)));
    assert_eq!(of(input.count_key(0, &press, 0)), Some((0, 1)));
    assert_eq!(of(input.count_key(7, &key(0, 0, 66), 0)), Some((0, 1)));
    let click = mouse(RI_MOUSE_LEFT_BUTTON_DOWN, 0);
    let of = |counts: Option<Counts>| counts.map(|c| (c.hardware.left, c.injected.left));
    assert_eq!(of(input.count_mouse(0, &click)), Some((0, 1)));
    assert_eq!(of(input.count_mouse(7, &click)), Some((1, 0)));
}
