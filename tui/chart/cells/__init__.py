"""From dots to cells: braille, sheets, pictures, SVG."""
