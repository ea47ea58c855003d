"""An independent client: slixmpp, as a process that speaks JSON lines.

In: {"send": {"to", "body"}}; out: {"online"}, {"message": {"from", "body", "id"}}, {"receipt": {"from", "id"}},
{"presence": {"from", "type"}}. It says yes to whoever asks to see its presence and asks back, asks for receipts
(XEP-0184) and gives them. Arguments: port, file of the authority to trust, JID, password.
"""

import asyncio
import json
import sys

import slixmpp

port, ca_file, jid, password = sys.argv[1:5]


def tell(**told):
    print(json.dumps(told), flush=True)


class Peer(slixmpp.ClientXMPP):
    def __init__(self):
        super().__init__(jid, password)
        self.ca_certs = ca_file
        self.register_plugin('xep_0030')
        self.register_plugin('xep_0184')
        self.auto_authorize = True
        self.auto_subscribe = True
        self.add_event_handler('session_start', self.begin)
        self.add_event_handler('message', self.message)
        self.add_event_handler('presence_available', self.presence)
        self.add_event_handler('receipt_received', self.receipt)

    async def begin(self, _event):
        self.send_presence()
        await self.get_roster()
        tell(online=str(self.boundjid))

    def presence(self, stanza):
        tell(presence={'from': str(stanza['from']), 'type': 'available'})

    def message(self, stanza):
        if stanza['body']:
            tell(message={'from': str(stanza['from']), 'body': stanza['body'], 'id': stanza['id']})

    def receipt(self, stanza):
        tell(receipt={'from': str(stanza['from']), 'id': stanza['receipt']})


async def commands(peer):
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        send = json.loads(line)['send']
        message = peer.make_message(mto=send['to'], mbody=send['body'], mtype='chat')
        message['request_receipt'] = True
        message.send()
    await peer.disconnect()


peer = Peer()
peer.connect(('127.0.0.1', int(port)))
peer.loop.run_until_complete(commands(peer))
