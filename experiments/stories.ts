/** The story of each kind. Adding a kind is adding a line here. */
import { abTest } from './ab-test.ts';
import { blueGreen } from './blue-green.ts';
import { canary } from './canary.ts';
import type { Run, Story } from './story.ts';

export function storyOf({ id, document }: Run): Story {
  switch (document.kind) {
    case 'Canary':
      return canary({ id, document });
    case 'BlueGreen':
      return blueGreen({ id, document });
    case 'ABTest':
      return abTest({ id, document });
  }
}
