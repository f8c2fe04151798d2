/** The story of each kind. Adding a kind is adding a line here. */
import { abTest } from './ab-test.ts';
import { blueGreen } from './blue-green.ts';
import { canary } from './canary.ts';
import { chaos } from './chaos.ts';
import { shadow } from './shadow.ts';
import type { Run, Story } from './story.ts';

export function storyOf({ id, document, source }: Run): Story {
  switch (document.kind) {
    case 'Canary':
      return canary({ id, document, source });
    case 'BlueGreen':
      return blueGreen({ id, document, source });
    case 'ABTest':
      return abTest({ id, document, source });
    case 'Chaos':
      return chaos({ id, document, source });
    case 'Shadow':
      return shadow({ id, document, source });
  }
}
