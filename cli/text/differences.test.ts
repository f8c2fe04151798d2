import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { Drive, traffic } from '../../experiments/testing/drive.ts';
import { evidenceTable, experimentPanel, outcomeLine, progressLine } from './experiment.ts';

const COLORS = pc.createColors(false);

async function shadowed(wrongPrices: number): Promise<Drive> {
  const drive = new Drive(traffic({ v1: { errorRate: 0 }, v2: { errorRate: 0, wrongPrices } }));
  await drive.start({}, 'Shadow');
  return drive;
}

describe('a shadow on the screen', () => {
  it('names the fields that differ, with an example, and only counts those that differ by themselves', async () => {
    const drive = await shadowed(0.05);
    await drive.until(() => drive.ended);
    const text = evidenceTable(drive.view, COLORS);
    expect(text).toMatch(/^answers \(differing\) +0% +\d/m);
    expect(text).toMatch(/^body\.price +0% +[\d.]+% +\[\+[\d.]+, \+[\d.]+\] pp +differs +1995 -> 0$/m);
    expect(text).not.toContain('x-request-id');
    expect(text).toContain('1 noisy field is no more often different');
    expect(outcomeLine(drive.view, COLORS)).toMatch(
      / requests copied, [\d,]+ answers compared, 0 comparisons dropped\n$/,
    );
  });

  it('speaks of copies, not of weights', async () => {
    const drive = await shadowed(0);
    await drive.run(300);
    const panel = experimentPanel(drive.view, COLORS, 100);
    expect(panel).toMatch(/noise learnt of \d+ of 50/);
    expect(panel).not.toContain('weight');
    expect(progressLine(drive.view)).toBe('reviews-v2: shadowing, copies to v2, PENDING');
  });
});
