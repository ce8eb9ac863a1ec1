const schema = {
  body: {
    type: 'object',
    required: ['to', 'sentAt'],
    properties: { to: { type: 'string', format: 'email' }, sentAt: { type: 'string', format: 'date-time' } },
  },
  response: { 201: { type: 'object', properties: { id: { type: 'integer' }, to: { type: 'string' } } } },
};

export default async function parcels(app) {
  app.post('/parcels', { schema }, async (request, reply) => reply.code(201).send({ id: 1, to: request.body.to, more: 1 }));
  app.get('/parcels/:id', async (request, reply) => reply.view('parcel.hbs', { id: request.params.id }));
  app.post('/parcels/label', async (request) => {
    const file = await request.file();
    return { name: file.filename, size: (await file.toBuffer()).length };
  });
  app.get('/openapi.json', async () => app.swagger());
  app.get('/echo', { websocket: true }, (socket) => socket.on('message', (text) => socket.send(`echo ${text}`)));
}
