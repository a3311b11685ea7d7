//! How well a screenshot can be read: its SSIMULACRA2 score against the original.

use anyhow::{Context, Result, anyhow};
use ssimulacra2::{
    ColorPrimaries, LinearRgb, Rgb, TransferCharacteristic, compute_frame_ssimulacra2,
};

/// Prints the score of each image against the reference, one number a line (100: the same; 90: no visible difference;
/// 70: good; 50: fair).
///
/// # Errors
/// When a file cannot be read, or its size is not that of the reference.
pub(crate) fn print_scores(reference: &str, images: &[&str]) -> Result<()> {
    let reference = read_image(reference)?;
    for image in images {
        let score = compute_frame_ssimulacra2(reference.clone(), read_image(image)?)
            .with_context(|| format!("comparing {image}"))?;
        println!("{score:.2}");
    }
    Ok(())
}

fn read_image(file: &str) -> Result<LinearRgb> {
    let image = image::open(file)
        .with_context(|| format!("reading {file}"))?
        .to_rgb8();
    let (width, height) = (image.width() as usize, image.height() as usize);
    let pixels = image
        .pixels()
        .map(|p| p.0.map(|v| f32::from(v) / 255.0))
        .collect();
    let rgb = Rgb::new(
        pixels,
        width,
        height,
        TransferCharacteristic::SRGB,
        ColorPrimaries::BT709,
    )
    .map_err(|e| anyhow!("{file}: {e}"))?;
    LinearRgb::try_from(rgb).map_err(|e| anyhow!("{file}: {e}"))
}
