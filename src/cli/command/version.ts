/** `concierge version`: which program this is, for a report of a fault. */
import { programVersion } from '../../core/version.js';
import type { PlainCommand } from '../command.js';
import { takeNoWords } from '../options.js';

export const version: PlainCommand = {
  name: 'version',
  summary: 'Prints the version of this program, of FHIR and of Node.',
  usage: '',
  options: {},
  needs: 'nothing',
  run: async ({ given }) => {
    takeNoWords(given);
    const json = { concierge: programVersion(), fhir: '4.0.1', node: process.versions.node };
    return { text: `concierge ${json.concierge}, FHIR ${json.fhir}, Node ${json.node}`, json };
  },
};
