import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { view } from '../testing/views.ts';
import { experimentPanel, progressLine } from './experiment.ts';

describe('an experiment on the screen', () => {
  it('is a panel of a few lines, each within the width', async () => {
    const text = experimentPanel(view({ reason: 'x'.repeat(300) }), pc.createColors(false), 100);
    await expect(text).toMatchFileSnapshot('../testing/golden/panel.txt');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('is a line that stays the same while only counts change', () => {
    const more = { ...view().totals, candidateRequests: 999 };
    expect(progressLine(view({ totals: more }))).toBe(progressLine(view()));
  });
});
