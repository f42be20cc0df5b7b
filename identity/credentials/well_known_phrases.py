"""Sentences that many people know, which guessers try (NIST SP 800-63B-4, section 3.1.1.2).

Proverbs, titles, verses, films, and the examples that published advice on passphrases prints. Only
whole phrases are refused, so no passphrase of random words is.
"""

WELL_KNOWN_PHRASES = """\
correct horse battery staple
correct battery horse staple
correct horse battery
horse battery staple
coffee tin fish
wall tin shirt
red house monkeys
purple monkey dishwasher
apple nemo biro
diceware passphrase
three random words
four random words
this is my password
this is a password
this is not a password
this is a secure password
this is a very secure password
this is a strong password
my password is password
my password is secret
my secret password
my secure password
my super secret password
super secret password
i forgot my password
i forgot my new password
change my password
change this password
please change me
please let me in
let me in please
open sesame
abracadabra abracadabra
the quick brown fox
the quick brown fox jumps
the quick brown fox jumps over
the quick brown fox jumps over the lazy dog
quick brown fox
jumps over the lazy dog
lorem ipsum dolor
lorem ipsum dolor sit amet
hello world hello
hello my name is
hello darkness my old friend
to be or not to be
to be or not to be that is the question
that is the question
all the worlds a stage
romeo and juliet
shall i compare thee to a summers day
it was the best of times
it was the best of times it was the worst of times
call me ishmael
all happy families are alike
once upon a time
happily ever after
they lived happily ever after
in the beginning
in the beginning was the word
let there be light
our father who art in heaven
our father which art in heaven
hallowed be thy name
the lord is my shepherd
for god so loved the world
god save the king
god save the queen
god bless america
rule britannia
land of hope and glory
keep calm and carry on
mind the gap
may the force be with you
the force is with you
use the force luke
luke i am your father
i am your father
no i am your father
a long time ago in a galaxy far far away
live long and prosper
beam me up scotty
to boldly go where no man has gone before
resistance is futile
ill be back
hasta la vista baby
winter is coming
valar morghulis
you know nothing jon snow
one ring to rule them all
you shall not pass
my precious precious
not all those who wander are lost
harry potter and the philosophers stone
the boy who lived
expecto patronum
expelliarmus
wingardium leviosa
to infinity and beyond
hakuna matata
let it go let it go
just keep swimming
houston we have a problem
here's looking at you kid
frankly my dear i dont give a damn
theres no place like home
somewhere over the rainbow
i see dead people
the truth is out there
why so serious
bond james bond
shaken not stirred
elementary my dear watson
dont panic
so long and thanks for all the fish
the answer is 42
all your base are belong to us
the cake is a lie
never gonna give you up
we are the champions
we will rock you
bohemian rhapsody
is this the real life
stairway to heaven
all you need is love
let it be let it be
here comes the sun
yellow submarine
hey jude dont make it bad
sweet child of mine
smells like teen spirit
twinkle twinkle little star
mary had a little lamb
humpty dumpty sat on a wall
baa baa black sheep
row row row your boat
happy birthday to you
jingle bells jingle bells
we wish you a merry christmas
merry christmas
youll never walk alone
an apple a day keeps the doctor away
actions speak louder than words
better late than never
practice makes perfect
knowledge is power
carpe diem
carpe diem carpe diem
veni vidi vici
cogito ergo sum
i think therefore i am
e pluribus unum
i have a dream
we the people
four score and seven years ago
ask not what your country can do for you
one small step for man
thats one small step for man
i love you so much
i love you forever
i love my family
i love my children
i love my job
i hate passwords
i hate my job
i hate this job
live laugh love
eat sleep repeat
thank god its friday
red orange yellow green blue
red yellow blue green
one two three four
one two three four five
one two buckle my shoe
monday tuesday wednesday
january february march
alpha bravo charlie
alpha bravo charlie delta
reading writing arithmetic
every good boy deserves football
every good boy deserves favour
richard of york gave battle in vain
never eat shredded wheat
naughty elephants squirt water
"""
