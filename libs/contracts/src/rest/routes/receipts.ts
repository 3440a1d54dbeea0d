import { receiptSchema } from '../../entities/receipt.js';
import { receiptPutSchema } from '../../signals/receipt-advance.js';
import { pageQuerySchema, pageSchema } from '../page.js';
import { conversationPathSchema } from '../paths.js';
import { readerSchema, readersPathSchema } from '../receipts.js';
import { defineRoutes } from './route.js';

const service = 'message';

export const receiptRoutes = defineRoutes({
  advanceReceipt: {
    service,
    method: 'PUT',
    path: '/v1/conversations/{id}/receipt',
    summary: 'Says how far the caller has received and read; answers the marks as they stand then.',
    description: 'Marks only go up: lower ones than before change nothing.',
    params: conversationPathSchema,
    body: receiptPutSchema,
    status: 200,
    answer: receiptSchema,
    refusals: ['NOT_FOUND'],
  },
  listReceipts: {
    service,
    method: 'GET',
    path: '/v1/conversations/{id}/receipts',
    summary: 'How far each member has received and read.',
    description: 'While one of two blocks the other, each sees their own marks only.',
    params: conversationPathSchema,
    query: pageQuerySchema,
    status: 200,
    answer: pageSchema(receiptSchema),
    refusals: ['NOT_FOUND'],
  },
  listReaders: {
    service,
    method: 'GET',
    path: '/v1/conversations/{id}/messages/{seq}/readers',
    summary: 'Who has read the message with this seq.',
    description: 'While one of two blocks the other, neither sees the other one here.',
    params: readersPathSchema,
    query: pageQuerySchema,
    status: 200,
    answer: pageSchema(readerSchema),
    refusals: ['NOT_FOUND'],
  },
});
