"""From dots to cells: braille, canvases, pictures, SVG."""
