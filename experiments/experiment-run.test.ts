import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../contracts/experiment.ts';
import { Drive, ID, traffic } from './testing/drive.ts';

const bad = { v2: { errorRate: 0.05 } };

describe('a world that fails', () => {
  it('sets an overlay again until it is done, says so once, and lets no time pass meanwhile', async () => {
    const drive = new Drive();
    drive.world.fate = (call, when) => (call === 'set' && when === 'before' ? 'fail' : 'go on');
    await drive.start();
    await drive.run(30_000);
    expect(drive.view.phase).toBe('measuring');
    expect(drive.types().filter((t) => t === 'failing')).toHaveLength(1);
    drive.world.fate = () => 'go on';
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
  });

  it('is not rolled back before the overlay is really dropped', async () => {
    const drive = new Drive(traffic(bad));
    await drive.start();
    drive.world.fate = (call) => (call === 'drop' ? 'fail' : 'go on');
    await drive.until(() => drive.view.phase === 'rolling-back');
    await drive.run(10_000);
    expect(drive.view).toMatchObject({ phase: 'rolling-back', verdict: 'FAIL' });
    drive.world.fate = () => 'go on';
    await drive.until(() => drive.ended, 10_000);
    expect(drive.view.phase).toBe('rolled-back');
    expect(drive.world.overlays.size).toBe(0);
  });

  it('tries a move back until it is done', async () => {
    const drive = new Drive();
    await drive.start({ watch: { for: '20s' } });
    await drive.until(() => drive.view.phase === 'watching');
    drive.world.fate = (call) => (call === 'move' ? 'fail' : 'go on');
    await drive.runner.abort('reviews-v2', 'ada', 'no');
    await drive.run(10_000);
    expect(drive.view.phase).toBe('rolling-back');
    expect(drive.world.overlays.size).toBe(0);
    drive.world.fate = () => 'go on';
    await drive.until(() => drive.ended, 10_000);
    expect(drive.world.stable).toBe('v1');
  });

  it('drops the overlay at once when the journal cannot be written, and ends when it can', async () => {
    const drive = new Drive();
    await drive.start();
    await drive.until(() => drive.view.phase === 'stepping');
    drive.world.fate = (call) => (call === 'append' ? 'fail' : 'go on');
    await drive.run(5_000);
    expect(drive.world.overlays.size).toBe(0);
    expect(drive.view).toMatchObject({ phase: 'rolling-back', verdict: 'INCONCLUSIVE' });
    drive.world.fate = () => 'go on';
    await drive.until(() => drive.ended, 10_000);
    expect(drive.view.reason).toContain('the journal could not be written');
    expect(drive.world.entries(ID).map((e) => e.seq)).toEqual(drive.world.entries(ID).map((_, i) => i));
  });

  it('does not write twice what an append wrote before it failed', async () => {
    const drive = new Drive();
    await drive.start();
    await drive.until(() => drive.view.phase === 'stepping');
    drive.world.fate = (call, when) => (call === 'append' && when === 'after' ? 'fail' : 'go on');
    await drive.run(3_000);
    drive.world.fate = () => 'go on';
    await drive.until(() => drive.ended, 20_000);
    expect(drive.world.entries(ID).map((e) => e.seq)).toEqual(drive.world.entries(ID).map((_, i) => i));
  });

  it('leaves the run alone when another runner writes its journal', async () => {
    const drive = new Drive();
    await drive.start();
    await drive.until(() => drive.view.phase === 'stepping');
    const journal = drive.world.journals.get(ID) ?? [];
    drive.world.journals.set(ID, [...journal, { ...journal[0], seq: journal.length } as JournalEntry]);
    await drive.run(60_000);
    expect(drive.world.overlays.size).toBe(1);
    expect(drive.world.entries(ID)).toHaveLength(journal.length + 1);
  });

  it('goes on in a new epoch after the process was stopped for longer than the lease', async () => {
    const drive = new Drive();
    await drive.start();
    await drive.until(() => drive.view.phase === 'stepping');
    const before = drive.world.overlays.get(ID)?.epoch ?? 0;
    drive.world.pass(60_000);
    await drive.tick();
    expect(drive.world.overlays.get(ID)?.epoch).toBe(before + 1);
    await drive.until(() => drive.ended);
    expect(drive.view.verdict).toBe('PASS');
  });
});
