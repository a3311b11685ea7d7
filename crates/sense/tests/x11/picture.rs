use crate::kit::{Listening, open, options};
use lab::desktop::{DesktopSpec, Fill, TestWindow, VirtualDesktop, WindowSpec};
use model::{Rect, SensorKind, SensorSupport, WindowHandle};
use sense::{CaptureError, WindowCapture};

/// A screenshot that outlives the loan, for comparing.
struct Copy {
    width: u32,
    height: u32,
    stride: usize,
    bgrx: Vec<u8>,
    scale_percent: u32,
    foreign: Vec<Rect>,
}

impl Copy {
    fn rgb(&self, x: u32, y: u32) -> u32 {
        let at = y as usize * self.stride + 4 * x as usize;
        u32::from_le_bytes(self.bgrx[at..at + 4].try_into().unwrap()) & 0x00ff_ffff
    }
}

fn grab(screen: &mut dyn WindowCapture, window: &TestWindow) -> Result<Copy, CaptureError> {
    let mut copy = None;
    screen.capture_window(WindowHandle(u64::from(window.id())), &mut |frame| {
        assert!(
            frame.bgrx.len()
                >= frame.stride * (frame.height as usize - 1) + 4 * frame.width as usize
        );
        copy = Some(Copy {
            width: frame.width,
            height: frame.height,
            stride: frame.stride,
            bgrx: frame.bgrx.to_vec(),
            scale_percent: frame.scale_percent,
            foreign: frame.foreign.to_vec(),
        });
    })?;
    Ok(copy.expect("a picture was lent"))
}

fn screen(desktop: &VirtualDesktop) -> Box<dyn WindowCapture> {
    open(&options(desktop)).take_capture().unwrap()
}

fn at(desktop: &VirtualDesktop, title: &str, x: i16, y: i16) -> WindowSpec {
    let _ = desktop;
    WindowSpec::new(title, "Picture", x, y)
}

fn show(desktop: &VirtualDesktop, spec: WindowSpec) -> TestWindow {
    TestWindow::open(&desktop.display(), spec).unwrap()
}

/// Compares the window's inside, as far as it is on the screen, with what it shows.
fn assert_shows(window: &TestWindow, picture: &Copy, screen: (u32, u32)) {
    let (x, y, width, height) = window.inside().unwrap();
    let [left, _, top, _] = window.frame_extents().unwrap();
    let (frame_x, frame_y) = (i32::from(x) - left as i32, i32::from(y) - top as i32);
    let (clip_x, clip_y) = (frame_x.max(0), frame_y.max(0));
    let mut compared = 0;
    for wy in 0..u32::from(height) {
        for wx in 0..u32::from(width) {
            let (sx, sy) = (i32::from(x) + wx as i32, i32::from(y) + wy as i32);
            if sx < 0 || sy < 0 || sx >= screen.0 as i32 || sy >= screen.1 as i32 {
                continue;
            }
            let (px, py) = ((sx - clip_x) as u32, (sy - clip_y) as u32);
            assert_eq!(
                picture.rgb(px, py),
                window.spec().fill.pixel(wx, wy),
                "inside pixel {wx},{wy}"
            );
            compared += 1;
        }
    }
    assert!(compared > 1_000);
}

fn whole_window(desktop: &VirtualDesktop) {
    // The screen behind is one colour that no pattern has by chance in a row.
    let behind = show(
        desktop,
        at(desktop, "behind", 0, 0)
            .sized(800, 600)
            .undecorated()
            .filled(Fill::Solid(0x00ff_00ff)),
    );
    let front = show(desktop, at(desktop, "front", 150, 120).sized(333, 221));
    front.activate().unwrap();
    front.raise().unwrap();
    let mut screen = screen(desktop);
    let picture = grab(&mut *screen, &front).unwrap();
    let [left, right, top, bottom] = front.frame_extents().unwrap();
    assert!(top > 0, "the window manager draws a title bar");
    assert_eq!(picture.width, 333 + left + right);
    assert_eq!(picture.height, 221 + top + bottom);
    assert_eq!(picture.foreign, []);
    assert_eq!(picture.scale_percent, 100);
    assert_shows(&front, &picture, (800, 600));
    for y in 0..picture.height {
        for x in 0..picture.width {
            assert_ne!(
                picture.rgb(x, y),
                0x00ff_00ff,
                "the window behind at {x},{y}"
            );
        }
    }
    assert_eq!(
        grab(&mut *screen, &behind).err(),
        Some(CaptureError::NotActive)
    );
    // Memory given back is taken again.
    screen.release_memory();
    let again = grab(&mut *screen, &front).unwrap();
    assert_eq!(again.bgrx, picture.bgrx);
}

#[test]
fn the_picture_is_the_window_and_nothing_of_the_one_behind() {
    whole_window(&VirtualDesktop::start(800, 600).unwrap());
}

#[test]
fn the_picture_is_the_same_without_shared_memory() {
    let spec = DesktopSpec::new(800, 600).with_server_args(&["-extension", "MIT-SHM"]);
    let desktop = VirtualDesktop::start_with(&spec).unwrap();
    let opened = open(&options(&desktop));
    let means = opened
        .capabilities()
        .iter()
        .find(|c| c.concern == SensorKind::Screen)
        .unwrap();
    assert!(
        matches!(&means.support, SensorSupport::By(by) if by.starts_with("GetImage")),
        "{means:?}"
    );
    whole_window(&desktop);
}

#[test]
fn a_window_that_sticks_out_is_clipped_to_the_screen() {
    let desktop = VirtualDesktop::start(640, 480).unwrap();
    let mut screen = screen(&desktop);
    for (x, y) in [(-120, -90), (500, 400)] {
        let window = show(&desktop, at(&desktop, "out", x, y).undecorated());
        window.activate().unwrap();
        let picture = grab(&mut *screen, &window).unwrap();
        assert!(picture.width < 400 && picture.height < 300);
        assert_shows(&window, &picture, (640, 480));
        window.close().unwrap();
    }
}

#[test]
fn what_lies_above_is_named() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let below = show(&desktop, at(&desktop, "below", 100, 100).undecorated());
    below.activate().unwrap();
    below.raise().unwrap();
    // A menu or notification: the window manager does not know it. Two more that do not matter.
    let menu = show(
        &desktop,
        at(&desktop, "menu", 450, 80).sized(200, 100).unmanaged(),
    );
    let beside = show(
        &desktop,
        at(&desktop, "beside", 600, 400).sized(50, 50).unmanaged(),
    );
    let mut screen = screen(&desktop);
    let picture = grab(&mut *screen, &below).unwrap();
    let overlap = Rect {
        x: 350,
        y: 0,
        width: 50,
        height: 80,
    };
    assert_eq!(picture.foreign, [overlap]);
    menu.close().unwrap();
    beside.close().unwrap();
    assert_eq!(grab(&mut *screen, &below).unwrap().foreign, []);
}

#[test]
fn a_shadow_of_its_own_is_left_out() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let window = show(&desktop, at(&desktop, "own frame", 100, 100).undecorated());
    let margins: Vec<u8> = [10u32, 20, 30, 40]
        .iter()
        .flat_map(|n| n.to_ne_bytes())
        .collect();
    // Format 8 is not what a toolkit writes and must be survived too.
    window
        .set_property("_GTK_FRAME_EXTENTS", "CARDINAL", &margins)
        .unwrap();
    window.activate().unwrap();
    let mut screen = screen(&desktop);
    assert_eq!(grab(&mut *screen, &window).unwrap().width, 400);
    window
        .set_numbers("_GTK_FRAME_EXTENTS", "CARDINAL", &[10, 20, 30, 40])
        .unwrap();
    let picture = grab(&mut *screen, &window).unwrap();
    assert_eq!((picture.width, picture.height), (370, 230));
    assert_eq!(picture.rgb(0, 0), window.spec().fill.pixel(10, 30));
}

#[test]
fn holes_of_a_window_are_named() {
    use x11rb::protocol::shape::{ConnectionExt as _, SK, SO};
    use x11rb::protocol::xproto::{ClipOrdering, Rectangle};
    let spec = DesktopSpec::new(640, 480).without_window_manager();
    let desktop = VirtualDesktop::start_with(&spec).unwrap();
    let window = show(&desktop, at(&desktop, "shaped", 100, 100).sized(200, 100));
    let (conn, _) = desktop.connect().unwrap();
    let left_half = Rectangle {
        x: 0,
        y: 0,
        width: 120,
        height: 100,
    };
    conn.shape_rectangles(
        SO::SET,
        SK::BOUNDING,
        ClipOrdering::UNSORTED,
        window.id(),
        0,
        0,
        &[left_half],
    )
    .unwrap()
    .check()
    .unwrap();
    focus(&conn, &window);
    let picture = grab(&mut *screen(&desktop), &window).unwrap();
    let hole = Rect {
        x: 120,
        y: 0,
        width: 80,
        height: 100,
    };
    assert_eq!(picture.foreign, [hole]);
}

fn focus(conn: &x11rb::rust_connection::RustConnection, window: &TestWindow) {
    use x11rb::protocol::xproto::{ConnectionExt as _, InputFocus};
    conn.set_input_focus(InputFocus::PARENT, window.id(), x11rb::CURRENT_TIME)
        .unwrap()
        .check()
        .unwrap();
}

#[test]
fn no_picture_of_windows_that_are_gone_or_hidden() {
    let desktop = VirtualDesktop::start(640, 480).unwrap();
    let mut screen = screen(&desktop);
    let window = show(&desktop, at(&desktop, "hide", 10, 10));
    window.activate().unwrap();
    let handle = WindowHandle(u64::from(window.id()));
    window.minimise().unwrap();
    let refused = grab(&mut *screen, &window).err().unwrap();
    assert!(
        matches!(refused, CaptureError::NotActive | CaptureError::NotVisible),
        "{refused}"
    );
    window.close().unwrap();
    let mut never = |_: &model::Frame<'_>| panic!("lent");
    assert_eq!(
        screen.capture_window(handle, &mut never),
        Err(CaptureError::Gone)
    );
    assert_eq!(
        screen.capture_window(WindowHandle(u64::MAX), &mut never),
        Err(CaptureError::Gone)
    );
}

#[test]
fn the_scaling_is_the_desktops() {
    let desktop = VirtualDesktop::start(640, 480).unwrap();
    desktop.set_resources("Xft.dpi:\t192\n").unwrap();
    let window = show(&desktop, at(&desktop, "fine", 10, 10));
    window.activate().unwrap();
    let listening = Listening::to(&desktop);
    let mut screen = { listening }.screen.take().unwrap();
    assert_eq!(grab(&mut *screen, &window).unwrap().scale_percent, 200);
}
