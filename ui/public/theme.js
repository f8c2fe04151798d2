/* global document */
// Runs before the first paint, so that a chosen theme does not flash. A file, not inline: the policy allows only 'self'.
try {
  const chosen = localStorage.getItem('meshproof.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch (error) {
  console.info('meshproof: the theme is not remembered here', error);
}
