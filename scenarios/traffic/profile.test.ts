import { describe, expect, it } from 'vitest';
import { profileOf, requestAt } from './profile.ts';

describe('the profile of a group of users', () => {
  it('is the pages of the shop when nothing is said', () => {
    expect(requestAt(profileOf('{}'), 501)).toEqual({
      method: 'GET',
      path: '/products/1',
      headers: {},
      body: undefined,
    });
  });

  it('spreads writes evenly over the requests', () => {
    const profile = profileOf('{"writesPercent": 25}');
    const methods = Array.from({ length: 8 }, (_, i) => requestAt(profile, i).method);
    expect(methods).toEqual(['GET', 'GET', 'GET', 'POST', 'GET', 'GET', 'GET', 'POST']);
    const { headers, body = '' } = requestAt(profile, 3);
    expect(headers['content-length']).toBe(String(body.length));
  });

  it('numbers users in paths and headers', () => {
    const profile = profileOf('{"path": "/u/{n}", "distinct": 3, "headers": {"cookie": "visitor={n}"}}');
    expect(requestAt(profile, 5)).toMatchObject({ path: '/u/2', headers: { cookie: 'visitor=2' } });
  });

  it('is refused when it is not known', () => {
    expect(() => profileOf('{"rat": 3}')).toThrow('rat');
  });
});
