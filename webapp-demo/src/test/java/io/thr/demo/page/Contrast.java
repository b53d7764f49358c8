package io.thr.demo.page;

/** WCAG 2.2, success criterion 1.4.3 (AA), for each text that is shown. */
final class Contrast {

    /** Gives the texts whose contrast is too small: 4.5 to 1 is wanted, 3 to 1 of large ones. */
    static final String SCRIPT = """
            const c = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
            const known = new Map();
            const channels = text => {
              if (!known.has(text)) {
                c.clearRect(0, 0, 1, 1);
                c.fillStyle = text;
                c.fillRect(0, 0, 1, 1);
                known.set(text, Array.from(c.getImageData(0, 0, 1, 1).data));
              }
              return known.get(text);
            };
            const luminance = rgb => {
              const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
              return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const behind = element => {
              for (let e = element; e; e = e.parentElement) {
                const color = channels(getComputedStyle(e).backgroundColor);
                if (color[3] === 255) {
                  return color.slice(0, 3);
                }
              }
              return [255, 255, 255];
            };
            const poor = [];
            const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) {
              const element = texts.currentNode.parentElement;
              if (!texts.currentNode.data.trim() || !element.checkVisibility() || element.closest('script, noscript, option')) {
                continue;
              }
              const style = getComputedStyle(element);
              const [one, other] = [channels(style.color).slice(0, 3), behind(element)].map(luminance);
              const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
              const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
              if (ratio < (large ? 3 : 4.5)) {
                poor.push(texts.currentNode.data.trim() + ' ' + ratio.toFixed(2));
              }
            }
            return poor;
            """;

    private Contrast() {}
}
