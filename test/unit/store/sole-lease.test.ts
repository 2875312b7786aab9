import { makeSoleLeases } from '../../../src/store/sole-lease.js';
import { describeLeases } from '../../suite/lease.suite.js';

describeLeases('a store of one process', { shared: false, open: async (clock) => [makeSoleLeases(clock)] });
